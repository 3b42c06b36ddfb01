// Rules on hosts, addresses and clocks.

export default [
  {
    name: "Tradovate's word for the time is not listened to",
    invariants: ['dead token', 'back to active', 'budget not used up', 'time known'],
    edits: [
      {
        file: 'src/session/keeper/time.rs',
        find: 'self.deps.clock.observe(sample);',
        replace: 'let _ = sample;',
      },
      {
        file: 'src/session/calls.rs',
        find: '        } else {\n            self.clock.observe(sample);\n        }',
        replace: '        }',
      },
    ],
  },
  {
    name: 'a told host that fails is asked on',
    short: true,
    invariants: ['back to active', 'calls in peace'],
    edits: [
      {
        file: 'src/api/told_hosts.rs',
        find: 'self.failed.insert(purpose, told.clone());',
        replace: 'let _ = told;',
      },
    ],
  },
  {
    name: 'a told host that answers a page or a redirect is asked on',
    invariants: ['back to active', 'calls in peace'],
    edits: [
      {
        file: 'src/session/transitions.rs',
        find: '        _ => failure.may_be_another_servers(),',
        replace: '        _ => failure.may_be_the_hosts(),',
      },
    ],
  },
  {
    name: "a host of Tradovate's takes the place of a proxy",
    invariants: ['trusted host'],
    edits: [
      {
        file: 'src/api/hosts.rs',
        find: 'Some(base) => is_tradovate(&host_of(base)) && is_tradovate(host),',
        replace: 'Some(_) => is_tradovate(host),',
      },
    ],
  },
  {
    name: "an address's renewals are not noted",
    short: true,
    invariants: ['address renewals', 'address ledger', 'lock-out'],
    edits: [
      {
        file: 'src/session/address.rs',
        find: 'self.renewals.push(now);\n        Ok(())',
        replace: 'Ok(())',
      },
    ],
  },
  {
    name: "an address's refused logins are not noted",
    invariants: ['address refusals', 'lock-out'],
    edits: [
      {
        file: 'src/session/address.rs',
        find: 'if refused {\n            self.refusals',
        replace: 'if refused && self.trials.len() == usize::MAX {\n            self.refusals',
      },
    ],
  },
  {
    name: "a login goes on without its address' ledger",
    invariants: ['address ledger'],
    edits: [
      {
        file: 'src/session/keeper/attempt.rs',
        find: 'let Ok(reserved_at) = self.reserve(call, id).await else {',
        replace: 'let Ok::<_, ()>(reserved_at) = Ok(self.now()) else {',
      },
    ],
  },
  {
    name: 'a stored clock offset is believed blindly',
    short: true,
    invariants: ['dead token', 'needless login', 'back to active', 'time known'],
    edits: [
      {
        file: 'src/session/keeper/time.rs',
        find: '(granted_here || clock.is_trusted()) && !is_ahead && !self.record.is_ahead(now)',
        replace: 'granted_here || !is_ahead || self.record.is_ahead(now) || clock.is_trusted()',
      },
    ],
  },
  {
    name: 'a stored moment is waited for under any clock',
    invariants: ['time known', 'back to active', 'calls in peace'],
    edits: [
      {
        file: 'src/session/policy.rs',
        find: 'Decision::Wait(hold) => hold.until > later(now, SHORT_HOLD),\n        Decision::Stop { .. } => true,',
        replace: '',
      },
    ],
  },
  {
    name: 'a back-off that lies in the future is kept',
    invariants: ['back to active'],
    edits: [
      {
        file: 'src/session/record.rs',
        find: 'if attempts.last_at.is_some_and(|at| at > most) {',
        replace: 'if attempts.last_at.is_some_and(|at| at > later(most, HOUR * 1_000)) {',
      },
    ],
  },
  {
    name: 'logins are forgotten after an hour',
    invariants: ['login budget'],
    edits: [
      {
        file: 'src/session/record.rs',
        find: 'let old = list.len().saturating_sub(most);',
        replace: 'list.retain(|at| *at > since);\n            let old = list.len().saturating_sub(most);',
      },
    ],
  },
]

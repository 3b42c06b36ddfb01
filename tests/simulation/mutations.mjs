// Rules that the core must not lose. Each mutation breaks one of them; the simulation has to see it, and to name one of the
// invariants that it may break. `short` marks those that are seen within seconds, which CI tries.

export const mutations = [
  {
    name: 'the record is not read again under the lease',
    invariants: ['newest record'],
    edits: [
      {
        file: 'src/session/keeper/attempt.rs',
        find: '        if self.read().await.is_err() {\n            return;\n        }\n',
        replace: '',
      },
    ],
  },
  {
    name: 'a call is not noted before it is sent',
    invariants: ['least gap', 'login budget', 'renewals an hour', 'back-off', 'blind login'],
    edits: [
      {
        file: 'src/session/keeper/attempt.rs',
        find: 'before_call(&mut self.record, call, &self.deps.limits, now);\n        self.write(lease).await',
        replace: 'let _ = lease;\n        before_call(&mut self.record, call, &self.deps.limits, now);\n        Ok(())',
      },
    ],
  },
  {
    name: 'the ticket is dropped',
    invariants: ['ticket'],
    edits: [
      {
        file: 'src/session/keeper/attempt.rs',
        find: 'self.record.cooldowns.get(&scope)?.ticket.clone()',
        replace: 'self.record.cooldowns.get(&scope)?.ticket.clone().filter(|_| false)',
      },
    ],
  },
  {
    name: 'a ticket is kept after it was sent',
    short: true,
    invariants: ['ticket'],
    edits: [
      {
        file: 'src/session/transitions.rs',
        find: 'if !matches!(failure, Failure::NotSent(_)) {\n        record.cooldowns.remove(&scope);',
        replace: 'if matches!(failure, Failure::NotSent(_)) {\n        record.cooldowns.remove(&scope);',
      },
    ],
  },
  {
    name: 'a penalty is not waited out',
    short: true,
    invariants: ['penalty waited out', 'least gap'],
    edits: [
      {
        file: 'src/session/transitions.rs',
        find: 'kind: CooldownKind::Penalty,\n                until: later(now, *wait),',
        replace: 'kind: CooldownKind::Penalty,\n                until: later(now, *wait / 2),',
      },
    ],
  },
  {
    name: 'renewals are counted wrongly',
    short: true,
    invariants: ['renewals an hour'],
    edits: [
      {
        file: 'src/session/policy.rs',
        find: 'quota(&record.history.renewals, RENEWALS_AN_HOUR, HOUR, now)',
        replace: 'quota(&record.history.renewals, RENEWALS_AN_HOUR + 1, HOUR, now)',
      },
    ],
  },
  {
    name: 'refused logins are counted wrongly',
    short: true,
    invariants: ['refusals an hour'],
    edits: [
      {
        file: 'src/session/policy.rs',
        find: 'quota(&record.history.refusals, REFUSED_LOGINS_AN_HOUR, HOUR, now)',
        replace: 'quota(&record.history.refusals, REFUSED_LOGINS_AN_HOUR + 1, HOUR, now)',
      },
    ],
  },
  {
    name: 'maxLogins is not remembered',
    short: true,
    invariants: ['login budget'],
    edits: [
      {
        file: 'src/session/transitions.rs',
        find: 'record.history.logins.push(now);\n            record.login.last_at = Some(now);',
        replace: 'record.login.last_at = Some(now);',
      },
    ],
  },
  {
    name: 'refused credentials are forgotten',
    short: true,
    invariants: ['refused credentials'],
    edits: [
      {
        file: 'src/session/policy.rs',
        find: '(now < refusal.until && !requested.changed_credentials).then_some(refusal)',
        replace:
          '(now < refusal.until && !requested.changed_credentials && record.generation == u64::MAX).then_some(refusal)',
      },
    ],
  },
  {
    name: 'the captcha is forgotten',
    short: true,
    invariants: ['captcha', 'least gap'],
    edits: [
      {
        file: 'src/session/transitions.rs',
        find: 'kind: CooldownKind::Captcha,\n                until: later(now, LONG_STOP),',
        replace: 'kind: CooldownKind::Captcha,\n                until: later(now, LONGEST_BACK_OFF),',
      },
    ],
  },
  {
    name: 'a 429 stops nothing',
    short: true,
    invariants: ['user stop'],
    edits: [
      {
        file: 'src/session/transitions.rs',
        find: 'Failure::RateLimited(wait) => stop_all(record, CooldownKind::RateLimited, *wait, now),',
        replace: 'Failure::RateLimited(_) => return false,',
      },
    ],
  },
  {
    name: 'a 423 that a caller saw stops nothing',
    invariants: ['user stop'],
    edits: [
      {
        file: 'src/session/session.rs',
        find: 'Failure::LockedOut(wait) => Some(TokenReport::Stopped(CooldownKind::LockedOut, *wait)),',
        replace: 'Failure::LockedOut(_) => None,',
      },
    ],
  },
  {
    name: 'a 403 counts as a lost token',
    invariants: ['cause of login'],
    edits: [
      {
        file: 'src/session/session.rs',
        find: 'Failure::Unauthorized => Some(TokenReport::Refused),',
        replace: 'Failure::Unauthorized | Failure::Forbidden => Some(TokenReport::Refused),',
      },
    ],
  },
  {
    name: 'the generation of a refused token is ignored',
    invariants: ['cause of login', 'good token withheld'],
    edits: [
      {
        file: 'src/session/transitions.rs',
        find: '_ if generation != record.generation || record.token',
        replace: '_ if generation == u64::MAX || record.token',
      },
      {
        file: 'src/session/keeper.rs',
        find: '*generation == self.record.generation || matches!(report, TokenReport::Stopped(..))',
        replace: '*generation < u64::MAX || matches!(report, TokenReport::Stopped(..))',
      },
    ],
  },
  {
    name: 'a renewal that fails costs the good token',
    invariants: ['cause of login', 'good token withheld'],
    edits: [
      {
        file: 'src/session/transitions.rs',
        find: 'Failure::Unauthorized => lose(record, now),',
        replace: 'Failure::Unauthorized | Failure::Upstream { .. } => lose(record, now),',
      },
    ],
  },
  {
    name: 'one doubtful answer leads to a login',
    short: true,
    invariants: ['cause of login'],
    edits: [
      {
        file: 'src/session/policy.rs',
        find: 'probes.is_some_and(|probes| probes >= PROBES)',
        replace: 'probes.is_some_and(|probes| probes >= 1)',
      },
    ],
  },
  {
    name: 'logins on suspicion have no limit of their own',
    short: true,
    invariants: ['blind login'],
    edits: [
      {
        file: 'src/session/policy.rs',
        find: 'free && record.suspicion',
        replace: '(free || record.generation > 0) && record.suspicion',
      },
    ],
  },
  {
    name: 'there is no back-off',
    invariants: ['back-off', 'least gap', 'login budget'],
    edits: [
      {
        file: 'src/session/transitions.rs',
        find: 'ceiling.mul_f64(random.clamp(0.0, 1.0)).max(LEAST_GAP)',
        replace: '(ceiling / 1_000).mul_f64(random.clamp(0.0, 1.0)).max(LEAST_GAP)',
      },
    ],
  },
  {
    name: 'calls follow each other at once',
    short: true,
    invariants: ['least gap'],
    edits: [
      {
        file: 'src/session/policy.rs',
        find: 'attempts.last_at.map(|at| later(at, LEAST_GAP))',
        replace: 'attempts.last_at.map(|at| later(at, LEAST_GAP / 4))',
      },
    ],
  },
  {
    name: 'a renewal that does not extend counts as one',
    short: true,
    invariants: ['least gap'],
    edits: [
      {
        file: 'src/session/transitions.rs',
        find: 'is_none_or(|token| extends(token, grant, now))',
        replace: 'is_none_or(|token| extends(token, grant, now) || now < token.expires_at)',
      },
    ],
  },
  {
    name: 'a POST is sent again',
    invariants: ['post once'],
    edits: [
      {
        file: 'src/session/session.rs',
        find: 'if method == Method::Post {\n            return Ok(Retry::Not);',
        replace: 'if method == Method::Post && sent_again {\n            return Ok(Retry::Not);',
      },
    ],
  },
  {
    name: 'a session fight never ends',
    invariants: ['session fight'],
    edits: [
      {
        file: 'src/session/policy.rs',
        find: 'if again && limits.opened_at < later(last, QUARTER_HOUR) {',
        replace: 'if again && limits.opened_at == later(last, QUARTER_HOUR) {',
      },
    ],
  },
  {
    name: 'a token is served beyond its expiry',
    short: true,
    invariants: ['dead token'],
    edits: [
      {
        file: 'src/session/record.rs',
        find: 'expires_at: grant.expires_at,',
        replace: 'expires_at: crate::clock::later(grant.expires_at, std::time::Duration::from_secs(60)),',
      },
    ],
  },
  {
    name: "Tradovate's word for the time is not listened to",
    invariants: ['dead token', 'back to active'],
    edits: [
      {
        file: 'src/session/keeper/attempt.rs',
        find: 'self.deps.clock.observe(sample);',
        replace: 'let _ = sample;',
      },
      {
        file: 'src/session/session.rs',
        find: 'self.clock.observe(sample);',
        replace: 'let _ = sample;',
      },
    ],
  },
  {
    name: "a sibling's token is adopted late",
    invariants: ['adoption', 'lost token', 'dead token', 'back to active'],
    edits: [
      {
        file: 'src/session/keeper.rs',
        find: 'let is_blocked = self.read().await.is_err() || self.sync.blocked_until.is_some();',
        replace: 'let is_blocked = self.sync.blocked_until.is_some();',
      },
      {
        file: 'src/session/keeper.rs',
        find: '() = self.deps.store.changed(self.key.as_str(), self.sync.seen) => {}',
        replace: '() = std::future::pending() => {}',
      },
    ],
  },
  {
    name: 'what could not be saved is forgotten',
    invariants: [
      'renewals an hour',
      'least gap',
      'lost token',
      'penalty waited out',
      'generation',
      'ticket',
      'captcha',
    ],
    edits: [
      {
        file: 'src/session/keeper/record_sync.rs',
        find: 'if follows && self.sync.save_at.is_none() && stored.generation >= generation {',
        replace: 'if follows || stored.generation >= generation {',
      },
    ],
  },
  {
    name: 'a login that was refused is never tried again',
    short: true,
    invariants: ['back to active'],
    edits: [
      {
        file: 'src/session/transitions.rs',
        find: 'until: later(now, LONG_STOP),\n                    denial: *denial,',
        replace: 'until: later(now, LONG_STOP * 500),\n                    denial: *denial,',
      },
    ],
  },
]

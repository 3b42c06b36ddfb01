// Rules on records, and on which calls may be made and when.

export default [
  {
    name: 'the record is not read again under the lease',
    invariants: ['newest record'],
    edits: [
      {
        file: 'src/session/keeper/attempt.rs',
        find: '        if self.read().await.is_err() {\n            return true;\n        }\n',
        replace: '',
      },
    ],
  },
  {
    name: 'a login is made with the credentials of before where none come',
    short: true,
    invariants: ['credentials of now'],
    edits: [
      {
        file: 'src/session/keeper/credentials.rs',
        find: '        self.credentials.unused = false;\n        let generation',
        replace: '        let generation',
      },
    ],
  },
  {
    name: 'a call is not noted before it is sent',
    invariants: ['least gap', 'login budget', 'renewals an hour', 'back-off', 'blind login'],
    edits: [
      {
        file: 'src/session/keeper/noting.rs',
        find: 'before_call(&mut self.record, call, noted_at);\n        if let Err(error) = self.write(lease).await',
        replace: 'before_call(&mut self.record, call, noted_at);\n        if let Err(error) = Ok::<_, Error>(())',
      },
    ],
  },
  {
    name: 'renewals are counted wrongly',
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
    invariants: ['refusals an hour'],
    edits: [
      {
        file: 'src/session/policy.rs',
        find: 'quota(&record.history.refusals, most_refused, HOUR, now)',
        replace: 'quota(&record.history.refusals, most_refused + 1, HOUR, now)',
      },
    ],
  },
  {
    name: 'maxLogins is not remembered',
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
    invariants: ['refused credentials'],
    edits: [
      {
        file: 'src/session/policy.rs',
        find: '(now < refusal.until && !requested.changed_credentials).then_some(refusal)',
        replace:
          '(now < refusal.until && !requested.changed_credentials && record.generation.get() == u64::MAX).then_some(refusal)',
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
        find: 'blind_login_at.map_or(now, |at| later(at, gap))',
        replace: 'blind_login_at.map_or(now, |_| now)',
      },
    ],
  },
  {
    name: 'there is no back-off',
    invariants: ['back-off', 'least gap', 'login budget'],
    edits: [
      {
        file: 'src/session/transitions.rs',
        find: '.jittered(failures, random, LEAST_GAP)',
        replace: '.jittered(failures, random / 1_000.0, LEAST_GAP)',
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
        find: 'attempts.last_at.map(|at| after(at, LEAST_GAP))',
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
    name: 'a session fight never ends',
    invariants: ['session fight'],
    edits: [
      {
        file: 'src/session/policy.rs',
        find: 'if let Some(over) = record.history.contended_until() {',
        replace: 'if let Some(over) = record.history.contended_until().filter(|_| record.generation.get() == 0) {',
      },
    ],
  },
  {
    name: 'a token is served beyond its expiry',
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
    name: "a sibling's token is adopted late",
    invariants: ['adoption', 'lost token', 'dead token', 'back to active'],
    edits: [
      {
        file: 'src/session/keeper.rs',
        find: 'let has_read = self.read().await.is_ok();',
        replace: 'let has_read = self.has_read || self.read().await.is_ok();',
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
      'penalty on a GET',
    ],
    edits: [
      {
        file: 'src/session/keeper/record_sync.rs',
        find: 'if follows && self.save_at.is_none() && stored.generation >= record.generation {',
        replace: 'if follows || stored.generation >= record.generation {',
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
        find: 'until: later(now, LONG_STOP),\n                    denial,',
        replace: 'until: later(now, LONG_STOP * 500),\n                    denial,',
      },
    ],
  },
  {
    name: 'a login that was never written counts',
    invariants: ['budget not used up'],
    edits: [
      {
        file: 'src/api/failure.rs',
        find: 'Self::Lost(_) | Self::TimedOut { sent: true } => true,',
        replace: 'Self::Lost(_) | Self::TimedOut { .. } => true,',
      },
    ],
  },
  {
    name: 'a granted token is dropped for what another process wrote',
    invariants: ['granted token kept', 'generation', 'needless login', 'ticket'],
    edits: [
      {
        file: 'src/session/keeper/attempt.rs',
        find: 'self.sync.save_from(now);\n        let lease = self.lease().await.ok()?;',
        replace:
          'let _ = now;\n        (self.sync.stored, self.record.generation) = Default::default();\n        let lease = self.lease().await.ok()?;',
      },
      {
        file: 'src/session/keeper/record_sync.rs',
        find: '    stored: Revision,',
        replace: '    pub stored: Revision,',
      },
    ],
  },
]

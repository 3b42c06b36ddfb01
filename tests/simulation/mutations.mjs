// Rules that the core must not lose. Each mutation breaks one of them; the simulation has to see it, and to name one of the
// invariants that it may break. `short` marks those that are seen within seconds, which CI tries.

export const mutations = [
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
    name: 'the ticket is dropped',
    invariants: ['ticket'],
    edits: [
      {
        file: 'src/session/keeper/attempt.rs',
        find: 'self.record.ticket(Scope::Login, self.now()).cloned()',
        replace: 'self.record.ticket(Scope::Login, self.now()).cloned().filter(|_| false)',
      },
      {
        file: 'src/session/keeper/attempt.rs',
        find: 'self.record.ticket(Scope::Renewal, self.now()).cloned()',
        replace: 'self.record.ticket(Scope::Renewal, self.now()).cloned().filter(|_| false)',
      },
    ],
  },
  {
    name: 'a ticket is kept after it was sent',
    invariants: ['ticket'],
    edits: [
      {
        file: 'src/session/transitions.rs',
        find: 'if !failure.is_not_sent() {\n        record.use_up(scope);',
        replace: 'if failure.is_not_sent() {\n        record.cooldowns.remove(&scope);',
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
        find: '..Cooldown::new(CooldownKind::Penalty, now, *wait)',
        replace: '..Cooldown::new(CooldownKind::Penalty, now, *wait / 2)',
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
    name: 'the captcha is forgotten',
    invariants: ['captcha', 'least gap'],
    edits: [
      {
        file: 'src/session/transitions.rs',
        find: 'Cooldown::new(CooldownKind::Captcha, now, LONG_STOP)',
        replace: 'Cooldown::new(CooldownKind::Captcha, now, LONGEST_BACK_OFF)',
      },
    ],
  },
  {
    name: 'a 429 stops nothing',
    invariants: ['user stop'],
    edits: [
      {
        file: 'src/session/transitions.rs',
        find: 'Failure::RateLimited(wait) => record.stop(CooldownKind::RateLimited, *wait, now),',
        replace: 'Failure::RateLimited(_) => return false,',
      },
    ],
  },
  {
    name: 'a 423 that a caller saw stops nothing',
    invariants: ['user stop'],
    edits: [
      {
        file: 'src/session/failed_calls.rs',
        find: 'Failure::LockedOut(wait) => Some(TokenReport::Stopped(CooldownKind::LockedOut, *wait)),',
        replace: 'Failure::LockedOut(_) => None,',
      },
    ],
  },
  {
    name: 'a 403 counts as a lost token',
    invariants: ['cause of login', 'blind login', 'login for a permission'],
    edits: [
      {
        file: 'src/session/transitions.rs',
        find: 'Failure::Unauthorized(_) => lose(record, now),',
        replace: 'Failure::Unauthorized(_) | Failure::Forbidden(_) => lose(record, now),',
      },
    ],
  },
  {
    name: 'a renewal that fails costs the good token',
    invariants: ['cause of login', 'good token withheld'],
    edits: [
      {
        file: 'src/session/transitions.rs',
        find: 'Failure::Unauthorized(_) => lose(record, now),',
        replace: 'Failure::Unauthorized(_) | Failure::Upstream { .. } => lose(record, now),',
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
        find: 'if suspicion.probes? >= PROBES {\n        return Some(free);',
        replace: 'if suspicion.probes? >= 1 {\n        return Some(free);',
      },
    ],
  },
  {
    name: 'a denial leads to a login where the renewals of the hour are used up',
    short: true,
    invariants: ['login for a permission', 'cause of login'],
    edits: [
      {
        file: 'src/session/policy.rs',
        find: '(suspicion.denied_after_good && has_no_probes)',
        replace: 'has_no_probes',
      },
    ],
  },
  {
    name: 'an endpoint that has answered well in any session counts as one that does',
    invariants: ['login for a permission'],
    edits: [
      {
        file: 'src/session/failed_calls.rs',
        find: 'in_session == Some(view.record.session) && !was_own',
        replace: 'in_session.is_some()',
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
    name: 'a POST is sent again',
    invariants: ['post once'],
    edits: [
      {
        file: 'src/session/failed_calls.rs',
        find: 'if method == Method::Post {\n            return',
        replace: 'if method == Method::Post && sent_again {\n            return',
      },
    ],
  },
  {
    name: 'a GET is sent with one new token after the other',
    invariants: ['get once more'],
    edits: [
      {
        file: 'src/session/failed_calls.rs',
        find: '            _ if sent_again => Ok(Retry::Not),\n',
        replace: '',
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
    name: "a call's 401 counts as a lost token",
    short: true,
    invariants: ['login for a permission', 'cause of login', 'good token withheld'],
    edits: [
      {
        file: 'src/session/reports.rs',
        find: 'record.suspicion.raise(endpoint, *was_good, *answer, now);',
        replace:
          'let _ = (endpoint, was_good, answer);\n            record.last_evicted = Some(record.generation);\n            record.history.evictions.push(now);\n            if let Some(token) = &mut record.token {\n                token.lost = Some(super::token::Loss::Evicted);\n            }',
      },
    ],
  },
  {
    name: "an endpoint's own refusals are forgotten",
    short: true,
    invariants: ['probe for a permission'],
    edits: [
      {
        file: 'src/session/suspicion.rs',
        find: 'get(endpoint).is_some_and(|own| now < own.until)',
        replace: 'get(endpoint).is_some_and(|own| now < own.until && own.times == u32::MAX)',
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
  {
    name: "a penalty on a call is nobody else's",
    short: true,
    invariants: ['penalty on a GET', 'ticket of a POST'],
    edits: [
      {
        file: 'src/session/reports.rs',
        find: 'record.penalise(endpoint, penalty);',
        replace: 'let _ = endpoint;\n            record.penalise("", penalty);',
      },
    ],
  },
  {
    name: 'a session that makes a call hears of no stop',
    invariants: ['user stop', 'penalty on a GET'],
    edits: [
      {
        file: 'src/session/keeper/requests.rs',
        find: 'if report.is_of_stop() => {',
        replace: 'if report.is_of_stop() && false => {',
      },
    ],
  },
  {
    name: 'a stop that is told while a call is noted does not stop it',
    invariants: ['user stop'],
    edits: [
      {
        file: 'src/session/keeper/noting.rs',
        find: 'if user_cooldown(&self.record, self.now()).is_some() {',
        replace: 'if user_cooldown(&self.record, self.now()).is_some() && self.is_closing() {',
      },
    ],
  },
  {
    name: 'a call takes its ticket along in a stop',
    invariants: ['user stop', 'dead token'],
    edits: [
      {
        file: 'src/session/reports.rs',
        find: 'if is_get && user_cooldown(record, now).is_some() {',
        replace: 'if is_get && user_cooldown(record, now).is_some() && record.generation.get() == 0 {',
      },
      {
        file: 'src/session/calls.rs',
        find: 'return Ok((self.permitted(method, deadline).await?, Some(ticket)));',
        replace: 'return Ok((view, Some(ticket)));',
      },
    ],
  },
  {
    name: "a login's ticket goes with other credentials",
    invariants: ['ticket'],
    edits: [
      {
        file: 'src/session/keeper/noting.rs',
        find: 'if self.is_ticket_for_others()',
        replace: 'if self.counts.logins == u64::MAX && self.is_ticket_for_others()',
      },
    ],
  },
  {
    name: 'an order that was refused counts as placed',
    short: true,
    invariants: ['refused order'],
    edits: [
      {
        file: 'src/api/answer.rs',
        find: '.filter(|reason| reason != "Success")',
        replace: '.filter(|reason| reason.is_empty())',
      },
    ],
  },
  {
    name: 'a captcha that is told by a text is none',
    invariants: ['captcha', 'ticket'],
    edits: [
      {
        file: 'src/api/answer.rs',
        find: 'fields.get("p-captcha").is_some_and(|raw| is_true(raw))',
        replace: 'fields.get("p-captcha").is_some_and(|raw| raw.get() == "true")',
      },
    ],
  },
]

// Rules on what an answer means: failures, suspicions, penalties and tickets, stops, orders.

export default [
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

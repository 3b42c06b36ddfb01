// Puts times into words. They are shown in the time zone of the browser.

export function clock(time) {
  return time === undefined ? '–' : new Date(time).toTimeString().slice(0, 8)
}

/** The time of day, with the day where that is not today. */
export function dateAndClock(time, now) {
  const [day, today] = [time, now].map(each => new Date(each).toDateString())
  return day === today ? clock(time) : `${day.slice(4, 10)} ${clock(time)}`
}

/** The name of the time zone and how far it is ahead of UTC now. */
export function zone() {
  const minutes = -new Date().getTimezoneOffset()
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60]
  const offset = [hours, rest].map(part => String(part).padStart(2, '0')).join(':')
  const name = Intl.DateTimeFormat().resolvedOptions().timeZone
  return name === 'UTC' ? name : `${name} (UTC${minutes < 0 ? '−' : '+'}${offset})`
}

export function countdown(ms) {
  const seconds = Math.max(0, Math.ceil(ms / 1000))
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
  const [hours, minutes, rest] = parts.map(part => String(part).padStart(2, '0'))
  return parts[0] > 0 ? `${hours}:${minutes}:${rest}` : `${minutes}:${rest}`
}

export function distance(ms) {
  return ms <= 0 ? 'now' : `in ${duration(ms)}`
}

export function passed(ms) {
  return ms < 1000 ? 'now' : `${duration(ms)} ago`
}

function duration(ms) {
  const seconds = Math.round(ms / 1000)
  // No line break between a number and its unit.
  return seconds < 120 ? `${seconds}\u00a0s` : `${Math.round(seconds / 60)}\u00a0min`
}

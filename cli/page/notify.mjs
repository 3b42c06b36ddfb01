// Tells a person who looks elsewhere that one is needed, if they have asked for it by a click.

let shown

export function watchNotifyButton(button, note) {
  const show = () => showChoice(button, note)
  button.addEventListener('click', () => Notification.requestPermission().then(show))
  show()
}

function showChoice(button, note) {
  const permission = globalThis.Notification?.permission
  button.hidden = permission !== 'default'
  note.hidden = !['granted', 'denied'].includes(permission)
  note.textContent =
    permission === 'granted' ? 'Notifies when a person is needed' : 'This browser blocks notifications of this page'
}

/** Shows a notification when a person begins to be needed, and takes it away when that is over. */
export function tellOfPerson(environment, reason) {
  if (!reason?.needsPerson) {
    shown?.close()
    shown = undefined
    return
  }
  if (shown || globalThis.Notification?.permission !== 'granted') return
  const title = `A person is needed (${environment === 'live' ? 'LIVE' : 'demo'})`
  const body = [reason.what, reason.advice].filter(Boolean).join(' ')
  try {
    // One for all tabs that show this page.
    shown = new Notification(title, { body, tag: location.pathname, icon: 'icon.svg', requireInteraction: true })
  } catch {
    // Chrome on Android lets only a service worker do that: the banner must do.
    shown = { close() {} }
  }
}

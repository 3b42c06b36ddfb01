// Shows the accounts, with their balances once somebody has asked for them.

import { clock, distance, passed } from './format.mjs'

const COLUMNS = [
  { field: 'name', title: 'name' },
  { field: 'totalCashValue', title: 'balance', isMoney: true },
  { field: 'openPnL', title: 'open P&L', isMoney: true, isSigned: true },
  { field: 'realizedPnL', title: 'realized P&L', isMoney: true, isSigned: true },
  { field: 'id', title: 'id', isNumber: true },
  { field: 'accountType', title: 'type' },
  { field: 'active', title: 'active' },
  { field: 'marginAccountType', title: 'margin' },
  { field: 'legalStatus', title: 'owner' },
]
const MONEY = new Intl.NumberFormat('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 })
const SIGNED = new Intl.NumberFormat('en-US', {
  minimumFractionDigits: 2,
  maximumFractionDigits: 2,
  signDisplay: 'exceptZero',
})
let drawn

/** Draws the table anew if anything in it has changed: a person may be selecting text in it. */
export function drawAccounts(heading, body, { accounts, balances }) {
  const rows = accounts.map(account => ({ ...account, ...balances.byAccount[account.id] }))
  const text = JSON.stringify(rows)
  if (text === drawn) return
  drawn = text
  const columns = COLUMNS.filter(({ field }) => rows.some(row => row[field] !== undefined))
  heading.replaceChildren(...columns.map(headingCell))
  body.replaceChildren(...rows.map(row => rowOf(columns, row)))
}

function headingCell(column) {
  const cell = document.createElement('th')
  cell.textContent = column.title
  cell.className = classOf(column)
  return cell
}

function rowOf(columns, account) {
  const row = document.createElement('tr')
  const cells = columns.map(column => cellOf(column, account[column.field]))
  const named = cells[columns.findIndex(({ field }) => field === 'name')]
  if (account.nickname) named?.append(small(account.nickname))
  row.append(...cells)
  return row
}

function small(text) {
  return Object.assign(document.createElement('small'), { textContent: text })
}

function cellOf(column, value) {
  const cell = document.createElement('td')
  // On a narrow screen each cell has its title before it.
  cell.dataset.title = column.title
  cell.textContent = textOf(column, value)
  const tone = column.isSigned && value ? (value < 0 ? ' loss' : ' gain') : ''
  cell.className = `${classOf(column)}${value === undefined ? ' empty' : ''}${tone}`
  return cell
}

const classOf = ({ field, isMoney, isNumber }) => `${field}${isMoney || isNumber ? ' number' : ''}`

function textOf({ isMoney, isSigned }, value) {
  if (value === undefined) return '–'
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  return isMoney ? (isSigned ? SIGNED : MONEY).format(value) : String(value)
}

export function watchBalancesButton(button) {
  button.addEventListener('click', () => {
    button.disabled = true
    // Whatever comes of it is in the next message.
    fetch('balances', { headers: { 'X-Page-Asks': 'balances' } }).catch(() => {})
  })
}

/** Draws what belongs to the balances outside the table. */
export function drawBalances(button, told, list, { balances, accounts, state, now }) {
  const { asking, askedAt, again, failures } = balances
  button.hidden = accounts.length === 0
  button.disabled = asking || again === undefined || again > now
  const calls = `${accounts.length} ${accounts.length === 1 ? 'call' : 'calls'}`
  put(button, asking ? 'Asking…' : `Ask for balances (${calls})`)
  put(told, [asked(askedAt, now), asking ? '' : wait(again, state, now)].filter(Boolean).join(', '))
  const texts = failures.map(({ name, text }) => `${name}: ${text}`)
  if (texts.join() === Array.from(list.children, item => item.textContent).join()) return
  list.replaceChildren(...texts.map(text => Object.assign(document.createElement('li'), { textContent: text })))
}

const asked = (askedAt, now) => (askedAt === undefined ? '' : `asked at ${clock(askedAt)} (${passed(now - askedAt)})`)

function wait(again, state, now) {
  if (again === undefined) return `not while the session is ${state}`
  return again > now ? `again ${distance(again - now)}` : ''
}

function put(element, text) {
  if (element.textContent !== text) element.textContent = text
}

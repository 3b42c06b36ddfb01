'use strict'
// A whole process: it starts, lists the accounts once by the client that is named, and ends. `empty` does nothing.

const [subject, base, packageFolder] = process.argv.slice(2)
const headers = { accept: 'application/json', authorization: `Bearer ${'a'.repeat(240)}` }

const starts = {
  empty: () => [],
  'tradovate-session': () => require(packageFolder).getAccounts('a'.repeat(240), { baseUrl: base }),
  fetch: async () => (await fetch(`${base}/account/list`, { headers })).json(),
  undici: async () => (await require('undici').request(`${base}/account/list`, { headers })).body.json(),
  'node:http': () =>
    new Promise((resolve, reject) => {
      const take = response => {
        let text = ''
        response.setEncoding('utf8').on('data', part => {
          text += part
        })
        response.on('end', () => resolve(JSON.parse(text)))
      }
      const { get } = require(base.startsWith('https') ? 'node:https' : 'node:http')
      get(`${base}/account/list`, { headers }, take).on('error', reject)
    }),
}

async function main() {
  const accounts = await starts[subject]()
  if (accounts.length !== 5 && subject !== 'empty') throw new Error(`${accounts.length} accounts came instead of 5`)
  process.exit()
}

main()

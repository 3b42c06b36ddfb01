// What became of each test, as a line of JSON, for node --test-reporter.

import { basename } from 'node:path'

export default async function* report(events) {
  for await (const { data, type } of events) {
    if (type !== 'test:pass' && type !== 'test:fail') continue
    if (data.details?.type === 'suite') continue
    const { cause, message } = data.details?.error ?? {}
    const outcome = type === 'test:fail' ? 'failed' : data.skip === undefined ? 'passed' : 'skipped'
    const file = data.file ? basename(data.file.replaceAll('\\', '/')) : ''
    const why = type === 'test:fail' ? String(cause?.stack ?? cause ?? message) : data.skip
    yield `${JSON.stringify({ file, name: data.name, outcome, why })}\n`
  }
}

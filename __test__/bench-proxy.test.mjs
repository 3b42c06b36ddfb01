// The benchmark's proxy, which makes a server on this machine a distant one. A wrong delay would be a wrong figure.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { performance } from 'node:perf_hooks'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { startProxy } from '../bench/server.mjs'

const ROUND_TRIP_MS = 200
const HALF_MS = ROUND_TRIP_MS / 2
/** Clocks of two processes are read for one delay. */
const ROUNDING_MS = 1
/** The shortest of so many delays has not waited for this machine. */
const SAMPLES = 5

/** A server behind the proxy: `serve` gets each connection; `open` makes one, which is ended with the test. */
async function distant(t, serve) {
  const sockets = new Set()
  const server = createServer({ allowHalfOpen: true }, socket => {
    sockets.add(socket)
    serve(socket)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const proxy = await startProxy(ROUND_TRIP_MS, { plain: server.address().port })
  t.after(async () => {
    for (const socket of sockets) socket.destroy()
    server.close()
    await proxy.close()
  })
  return async function open() {
    const socket = connect({ port: proxy.told.plain, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
    sockets.add(socket)
    await once(socket, 'connect')
    return socket
  }
}

const read = async socket => String((await once(socket, 'data'))[0])

/** All until the other side has ended; reading by a loop would destroy the socket then. */
async function readAll(socket) {
  let text = ''
  socket.on('data', bytes => {
    text += bytes
  })
  await once(socket, 'end')
  return text
}

test('each way takes half a round trip, and the first bytes of a connection one round trip more', async t => {
  const arrivals = []
  const open = await distant(t, socket =>
    socket.on('data', bytes => {
      arrivals.push(performance.now())
      socket.write(bytes)
    }),
  )
  const opened = performance.now()
  const socket = await open()
  const ways = { first: [], there: [], back: [] }
  for (let sample = 0; sample <= SAMPLES; sample += 1) {
    const sent = sample === 0 ? opened : performance.now()
    socket.write('x')
    assert.equal(await read(socket), 'x')
    const came = performance.now()
    const arrived = arrivals.pop()
    if (sample === 0) ways.first.push(arrived - sent)
    else {
      ways.there.push(arrived - sent)
      ways.back.push(came - arrived)
    }
  }
  assert.ok(ways.first[0] >= ROUND_TRIP_MS + HALF_MS - ROUNDING_MS, `${ways.first}`)
  for (const way of ['there', 'back']) {
    const shortest = Math.min(...ways[way])
    assert.ok(shortest >= HALF_MS - ROUNDING_MS && shortest < ROUND_TRIP_MS, `${way}: ${ways[way]}`)
  }
})

test('bytes arrive in their order and all of them, also after the one side has ended', async t => {
  const PARTS = 200
  const part = number => `${number},`.padEnd(1 + (number % 7) * 1_000, '.')
  // When the client has ended its side, it still waits for this.
  const open = await distant(t, async socket => socket.end(await readAll(socket)))
  const socket = await open()
  let sent = ''
  for (let number = 0; number < PARTS; number += 1) {
    sent += part(number)
    socket.write(part(number))
    if (number % 20 === 0) await sleep(1)
  }
  socket.end()
  const got = await readAll(socket)
  assert.equal(got.length, sent.length)
  assert.ok(got === sent)
})

test('what is sent before the first of it has arrived is delayed once, and not one after the other', async t => {
  const MESSAGES = 50
  const open = await distant(t, socket => socket.pipe(socket))
  const socket = await open()
  socket.write('a')
  await read(socket)
  const started = performance.now()
  const sending = (async () => {
    for (let message = 0; message < MESSAGES; message += 1) {
      socket.write('b')
      await sleep(2)
    }
  })()
  for (let got = 0; got < MESSAGES; got += (await read(socket)).length);
  const tookMs = performance.now() - started
  await sending
  assert.ok(tookMs < (MESSAGES * HALF_MS) / 2, `${tookMs} ms`)
})

test('a connection that the server resets is reset for the client, half a round trip later', async t => {
  let reset
  const open = await distant(t, socket =>
    socket.on('data', () => {
      reset = performance.now()
      socket.resetAndDestroy()
    }),
  )
  const socket = await open()
  socket.write('x')
  const [error] = await once(socket, 'error', { signal: AbortSignal.timeout(10_000) })
  assert.equal(error.code, 'ECONNRESET')
  assert.ok(performance.now() - reset >= HALF_MS - ROUNDING_MS)
})

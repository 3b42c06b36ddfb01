'use strict'
// The prices: a seeded random walk for each contract, one step each `paceMs` of the sandbox's clock. The same seed gives the same
// prices at the same steps, whoever looks and when.

const MOST_TICKS_A_STEP = 2

/** Whole numbers below 2 ** 32, the same ones for the same seed. */
function generator(seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x9e3779b9) >>> 0
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad)
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97)
    return (mixed ^ (mixed >>> 15)) >>> 0
  }
}

/** FNV-1a. */
function hashOf(text) {
  let hash = 0x811c9dc5
  for (const character of text) hash = Math.imul(hash ^ character.codePointAt(0), 0x01000193)
  return hash >>> 0
}

/** The price after one step, in ticks. Further than a half from where it began it only comes back. */
function stepped(ticks, random, { startTicks }) {
  const move = (random % (2 * MOST_TICKS_A_STEP + 1)) - MOST_TICKS_A_STEP
  const isTooFar = Math.abs(ticks + move - startTicks) > startTicks / 2
  return isTooFar ? ticks + Math.sign(startTicks - ticks) * Math.abs(move) : ticks + move
}

class Market {
  #walks = new Map()
  #seed
  #paceMs
  #startedAt

  constructor({ seed, paceMs }, startedAt) {
    this.#seed = seed
    this.#paceMs = paceMs
    this.#startedAt = startedAt
  }

  /** How many steps there were before a moment. */
  stepAt(now) {
    return Math.max(0, Math.floor((now - this.#startedAt) / this.#paceMs))
  }

  timeOf(step) {
    return step === 0 ? this.#startedAt : this.#startedAt + step * this.#paceMs
  }

  /** The price of a contract at a step, in ticks; steps are never walked back. */
  ticks(contract, step) {
    const walk = this.#walkOf(contract)
    while (walk.step < step) {
      walk.ticks = stepped(walk.ticks, walk.random(), contract.product)
      walk.step += 1
    }
    return walk.ticks
  }

  /** Moves the price at a step; the walk goes on from there. */
  move(contract, ticks, step) {
    this.ticks(contract, step)
    this.#walkOf(contract).ticks = ticks
  }

  #walkOf({ id, entity, product }) {
    if (!this.#walks.has(id)) {
      const random = generator(hashOf(`${this.#seed} ${entity.name}`))
      this.#walks.set(id, { random, ticks: product.startTicks, step: 0 })
    }
    return this.#walks.get(id)
  }
}

module.exports = { Market }

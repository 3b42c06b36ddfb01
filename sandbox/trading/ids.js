'use strict'
// The ids of entities: each kind counts up from a number of its own.

const FIRST = {
  order: 900_001,
  orderStrategy: 910_001,
  orderStrategyLink: 915_001,
  fill: 920_001,
  fillPair: 930_001,
  command: 940_001,
  commandReport: 1_100_001,
  executionReport: 1_300_001,
  position: 1_500_001,
  cashBalance: 1_600_001,
  cashBalanceLog: 1_700_001,
}

class Ids {
  #next = { ...FIRST }

  next(kind) {
    const id = this.#next[kind]
    this.#next[kind] += 1
    return id
  }
}

module.exports = { Ids }

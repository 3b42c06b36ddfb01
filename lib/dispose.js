'use strict'
// The name of the method that `await using` calls. Node 20.0 to 20.3 have no Symbol.asyncDispose: compilers use this one there.

/** @type {typeof Symbol.asyncDispose} */
const asyncDispose = Symbol.asyncDispose ?? Symbol.for('nodejs.asyncDispose')

module.exports = { asyncDispose }

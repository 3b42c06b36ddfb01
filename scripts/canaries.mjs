// Watches what the tests print for the secrets that they work with: none of them may ever be seen.

const CANARIES = [
  // What the sandbox hands out and expects.
  /sandbox-[a-z-]+-[0-9a-f]{48}/,
  /sandbox-password|sandbox-api-secret/,
  // What tests make up.
  /(tok|md|pw|sec|ticket)-canary|canary-(token|md|password|sec|ticket)/,
  /[a-z]+-of-no-worth/,
]

// Longer than any canary, so that one that arrives in two pieces is seen.
const OVERLAP = 256

export class Canaries {
  #tail = ''
  #found = new Set()

  /** Looks through the next piece of output. */
  watch(text) {
    const seen = this.#tail + text
    for (const canary of CANARIES) {
      const match = seen.match(canary)
      if (match) this.#found.add(match[0])
    }
    this.#tail = seen.slice(-OVERLAP)
  }

  /** The secrets that were seen, each once. */
  get found() {
    return [...this.#found]
  }
}

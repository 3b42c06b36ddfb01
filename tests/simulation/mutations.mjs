// Rules that the core must not lose. Each mutation breaks one of them; the simulation has to see it, and to name one of the
// invariants that it may break. `short` marks those that are seen within seconds, which CI tries.

import addresses from './mutations/addresses.mjs'
import answers from './mutations/answers.mjs'
import records from './mutations/records.mjs'

export const mutations = [...records, ...answers, ...addresses]

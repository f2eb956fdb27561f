import { treePromises } from '../../packages/stats/src/testing/tree-promises.ts'
import { treeTables } from '../../packages/stats/src/testing/tree-tables.ts'

// 6.12 and 6.13 for trees, TreeSHAP against all subsets, and the tables others have published.
treePromises(process.env['SURETY_TEST_QUICK'] === '1' ? 'quick' : 'full')
treeTables()

import { openTestStores } from '../helpers/stores.js';
import { bodyReferencesSuite } from './body-references.suite.js';

bodyReferencesSuite(openTestStores);

import { openTestStores } from '../helpers/stores.js';
import { chatCreationSuite } from './chat-store.groups.suite.js';
import { chatListSuite } from './chat-store.list.suite.js';
import { chatParticipantsSuite } from './chat-store.participants.suite.js';

chatCreationSuite(openTestStores);
chatParticipantsSuite(openTestStores);
chatListSuite(openTestStores);

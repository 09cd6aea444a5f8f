import { string } from 'yup';
import { clientMessageIdField, contentField, idField, integerField, objectOf } from '../../protocol/fields.js';

export const sendBody = objectOf({
  chat_id: idField(),
  content: contentField(),
  message_type: string<'text'>()
    .strict(true)
    .typeError('Must be a string')
    .test('not_a_choice', 'Must be text', (type) => type === undefined || type === 'text'),
  client_message_id: clientMessageIdField(),
});

export const editBody = objectOf({ content: contentField(), expected_version: integerField(1) });

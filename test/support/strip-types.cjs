/** Jest's transformer: Node's own type stripping, so tests run the very text that production runs. */
const { stripTypeScriptTypes } = require('node:module');

module.exports = { process: (source) => ({ code: stripTypeScriptTypes(source) }) };

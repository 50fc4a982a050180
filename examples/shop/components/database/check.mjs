// The component's test: every migration of this commit is in the deployed database, and its data is sound.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

const database = new DatabaseSync(join(process.env.TF_VAR_directory, 'database/shop.sqlite'), { readOnly: true });
const applied = database.prepare('SELECT name FROM schema_version ORDER BY number').all();
assert.deepEqual(applied.map(({ name }) => name), readdirSync(join(import.meta.dirname, 'migrations')).sort());
assert.equal(database.prepare('PRAGMA integrity_check').get().integrity_check, 'ok');
assert.deepEqual(database.prepare('PRAGMA foreign_key_check').all(), []);
console.log(`${applied.length} migrations applied, integrity ok`);

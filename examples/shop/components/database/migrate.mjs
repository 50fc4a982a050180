// Applies the migrations up to $UP_TO that $DATABASE does not have yet, in the order of their numbers, each in one
// transaction. Safe to run side by side: the write lock lets one of them do the work and the others find it done.
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

const { DATABASE: file, UP_TO: upTo } = process.env;
const numberOf = (name) => Number(name.split('-')[0]);
const folder = join(import.meta.dirname, 'migrations');
const wanted = readdirSync(folder)
  .filter((name) => name.endsWith('.sql') && numberOf(name) <= numberOf(upTo))
  .sort((one, other) => numberOf(one) - numberOf(other));

mkdirSync(dirname(file), { recursive: true });
const database = new DatabaseSync(file, { timeout: 10_000 });
try {
  database.exec(
    'CREATE TABLE IF NOT EXISTS schema_version (number INTEGER PRIMARY KEY, name TEXT NOT NULL, sha256 TEXT NOT NULL)',
  );
  for (const name of wanted) migrate(name, readFileSync(join(folder, name), 'utf8'));
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  database.close();
}

function migrate(name, sql) {
  const sha256 = createHash('sha256').update(sql).digest('hex');
  database.exec('BEGIN IMMEDIATE');
  try {
    const applied = database.prepare('SELECT sha256 FROM schema_version WHERE number = ?').get(numberOf(name));
    if (applied === undefined) {
      database.exec(sql);
      database.prepare('INSERT INTO schema_version VALUES (?, ?, ?)').run(numberOf(name), name, sha256);
      console.log(`${name}: applied`);
    } else if (applied.sha256 !== sha256) {
      throw new Error('it was changed after it had been applied; write a new migration instead');
    }
    database.exec('COMMIT');
  } catch (error) {
    database.exec('ROLLBACK');
    throw new Error(`${name}: ${error.message}`);
  }
}

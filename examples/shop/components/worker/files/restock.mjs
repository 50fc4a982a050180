// restock.mjs DATABASE REPORT: writes the products of which fewer than five are left.
import { renameSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

const [file, report] = process.argv.slice(2);
const database = new DatabaseSync(file, { readOnly: true });
const low = database
  .prepare('SELECT name, pieces FROM product JOIN stock ON stock.product = product.id WHERE pieces < 5 ORDER BY pieces')
  .all();
writeFileSync(`${report}.new`, JSON.stringify({ low }));
renameSync(`${report}.new`, report);

/** Failures, people and redrives through the whole local twin: where the environment is afterwards, and what was said about it. */
import './cases/rollback.ts';
import './cases/approvals.ts';
import './cases/commands.ts';
import './cases/operations.ts';
import './cases/people.ts';
import './cases/recovery.ts';

/** Real git and real tools through the whole local twin: what is pushed, and what must have become of it. */
import './cases/changes.ts';
import './cases/deliveries.ts';
import './cases/failures.ts';
import './cases/jobs.ts';
import './cases/sessions.ts';

/** How `belay.config.ts` names a service of AWS that is reached by an endpoint; used by its schema. */
import * as z from 'zod';

/** The last part of the endpoint's own name: `ec2` of `com.amazonaws.eu-west-1.ec2`. */
export const serviceName = z.string().regex(/^[a-z0-9][a-z0-9.-]*$/, {
  error: 'must be the name of a service, such as `rds` or `ecr.api`',
});

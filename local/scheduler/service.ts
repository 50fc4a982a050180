/** EventBridge Scheduler's endpoint: CreateSchedule, UpdateSchedule, DeleteSchedule. */
import { z } from 'zod';
import { arnOf, type Place } from '../assembly/resource.ts';
import { type JsonInput, parsed, restJsonService } from '../wire/json-service.ts';
import type { Permission, Service } from '../wire/service.ts';
import { scheduleName, scheduleSchema } from './schedule.ts';
import type { Schedules } from './schedules.ts';

const SCHEDULER = 'scheduler.amazonaws.com';

/** https://docs.aws.amazon.com/scheduler/latest/APIReference/ */
export function schedulerService(schedules: Schedules, place: Place): Service {
  const removed = z.strictObject({
    Name: scheduleName.Name,
    groupName: scheduleName.GroupName,
    clientToken: scheduleSchema.shape.ClientToken,
  });
  const path = '/schedules/{Name}';
  return restJsonService({ name: 'scheduler', permissions: permissionsIn(place) }, [
    {
      method: 'POST',
      path,
      operation: 'CreateSchedule',
      run: parsed(scheduleSchema, (input) => schedules.create(input)),
    },
    {
      method: 'PUT',
      path,
      operation: 'UpdateSchedule',
      run: parsed(scheduleSchema, (input) => schedules.update(input)),
    },
    {
      method: 'DELETE',
      path,
      operation: 'DeleteSchedule',
      run: parsed(removed, ({ Name, groupName }) => schedules.remove({ Name, GroupName: groupName })),
    },
  ]);
}

/** Whoever makes a schedule hands its role on: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html */
const permissionsIn =
  (place: Place) =>
  (operation: string, input: JsonInput): Permission[] => {
    const group = String(input.GroupName ?? input.groupName ?? 'default');
    const resource = arnOf(place, 'scheduler', `schedule/${group}/${String(input.Name)}`);
    const own = { action: `scheduler:${operation}`, resource };
    const role = scheduleSchema.shape.Target.safeParse(input.Target).data?.RoleArn;
    if (role === undefined) return [own];
    const conditions = { 'iam:PassedToService': SCHEDULER };
    return [own, { action: 'iam:PassRole', resource: role, conditions }];
  };

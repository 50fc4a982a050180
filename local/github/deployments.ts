/** GitHub Deployments and their statuses, as the twin's GitHub keeps them. */
import { join } from 'node:path';
import { Records } from './records.ts';

export interface Deployment {
  readonly id: number;
  readonly repository: number;
  readonly sha: string;
  readonly ref: string;
  readonly task: string;
  readonly environment: string;
  readonly description: string | null;
  readonly transient_environment: boolean;
  readonly production_environment: boolean;
  readonly created_at: string;
}

export interface DeploymentStatus {
  readonly id: number;
  readonly deployment: number;
  readonly state: string;
  readonly description: string;
  readonly environment: string;
  readonly log_url: string;
}

export class Deployments {
  readonly all: Records<Deployment>;
  readonly statuses: Records<DeploymentStatus>;

  constructor(folder: string) {
    this.all = new Records(join(folder, 'deployments.jsonl'));
    this.statuses = new Records(join(folder, 'deployment-statuses.jsonl'));
  }

  /** Statuses of a deployment, newest first. */
  statusesOf({ id }: Deployment): readonly DeploymentStatus[] {
    return this.statuses
      .all()
      .filter(({ deployment }) => deployment === id)
      .toReversed();
  }

  /** A success makes older deployments of its environment inactive. */
  add(deployment: Deployment, status: Omit<DeploymentStatus, 'id' | 'deployment'>, autoInactive: boolean) {
    if (status.state === 'success' && autoInactive && !deployment.transient_environment) {
      const older = this.all
        .all()
        .filter(({ id, repository }) => id < deployment.id && repository === deployment.repository)
        .filter((one) => one.environment === deployment.environment && !one.production_environment)
        .filter((one) => this.statusesOf(one)[0]?.state === 'success');
      for (const { id, environment } of older) {
        const inactive = { state: 'inactive', description: '', environment, log_url: '' };
        this.statuses.add((next) => ({ id: next, deployment: id, ...inactive }));
      }
    }
    return this.statuses.add((id) => ({ id, deployment: deployment.id, ...status }));
  }
}

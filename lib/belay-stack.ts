/** The wiring: which part is handed to which. No logic lives here. */
import { Stack, type StackProps } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import type { Configuration } from '../core/configuration/schema.ts';
import { AppBuilds } from './app-builds.ts';
import { DeploymentMachine } from './deployment-machine.ts';
import { Executor } from './executor.ts';
import { Expiry } from './expiry.ts';
import { Functions } from './functions.ts';
import { ImageBuilds } from './image-builds.ts';
import { Bus, Ingress } from './ingress.ts';
import { Notifications } from './observability/notifications.ts';
import { Observability } from './observability/observability.ts';
import { ReleaseMachine } from './release-machine.ts';
import { Stores } from './stores.ts';
import { Sweeper } from './sweeper.ts';

export interface BelayStackProps extends StackProps {
  readonly configuration: Configuration;
}

export class BelayStack extends Stack {
  constructor(scope: Construct, id: string, { configuration, ...props }: BelayStackProps) {
    super(scope, id, { terminationProtection: true, ...props });
    const { retention } = configuration;
    const stores = new Stores(this, 'Stores', configuration);
    const { bus } = new Bus(this, 'Events', { retention });
    const notifications = new Notifications(this, 'Notifications', {
      bus,
      key: stores.key,
      settings: configuration.notifications,
    });
    const imageBuilds = new ImageBuilds(this, 'ImageBuilds', { notifications, retention });
    const functions = new Functions(this, 'Functions', {
      imageBuilds,
      stores,
      bus,
      expiry: new Expiry(this, 'Expiry', { bus }),
      configuration,
    });
    const { queues } = new Executor(this, 'Executor', { stores, functions, imageBuilds, configuration });
    const builds = new AppBuilds(this, 'AppBuilds', { stores, retention });
    const deployment = new DeploymentMachine(this, 'Deployment', {
      functions,
      stores,
      queues,
      builds,
      retention,
    });
    const release = new ReleaseMachine(this, 'Release', {
      functions,
      deployment: deployment.machine,
      retention,
    });
    new Sweeper(this, 'Sweeper', {
      sweep: functions.sweep,
      machines: [deployment.machine, release.machine],
    });
    const { api } = new Ingress(this, 'Ingress', {
      bus,
      webhook: functions.webhook,
      setUp: functions.setUp,
      release: release.machine,
      command: functions.command,
      logRetention: retention.logs,
    });
    new Observability(this, 'Observability', {
      ...{ notifications, functions, api, statusQueue: stores.statusQueue },
      machines: { release: release.machine, deployment: deployment.machine },
    });
  }
}

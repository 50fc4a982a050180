/** ECR's endpoint: DescribeImages by tag, and CreateRepository. */
import { z } from 'zod';
import { arnOf, type Place } from '../assembly/resource.ts';
import { type JsonInput, jsonService, parsed } from '../wire/json-service.ts';
import type { Permission, Service } from '../wire/service.ts';
import type { Images } from './images.ts';

const repositoryName = z
  .string()
  .min(2)
  .max(256)
  .regex(/^[a-z0-9]+(?:[._-][a-z0-9]+)*(?:\/[a-z0-9]+(?:[._-][a-z0-9]+)*)*$/);

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/ */
export function registryService(images: Images, place: Place): Service {
  const permissions = (operation: string, input: JsonInput): Permission[] => [
    {
      action: `ecr:${operation}`,
      resource: arnOf(place, 'ecr', `repository/${String(input.repositoryName)}`),
    },
  ];
  return jsonService(
    { name: 'ecr', target: 'AmazonEC2ContainerRegistry_V20150921', permissions },
    {
      DescribeImages: parsed(
        z.strictObject({
          repositoryName,
          imageIds: z.tuple([z.strictObject({ imageTag: z.string().min(1).max(300) })]),
        }),
        ({ repositoryName, imageIds: [{ imageTag }] }) => ({
          imageDetails: [
            {
              registryId: place.account,
              repositoryName,
              imageDigest: images.digestOf(repositoryName, imageTag),
              imageTags: [imageTag],
            },
          ],
        }),
      ),
      CreateRepository: parsed(
        z.strictObject({
          repositoryName,
          // The twin's tags are always immutable, and nobody scans its images.
          imageTagMutability: z.literal('IMMUTABLE'),
          imageScanningConfiguration: z.strictObject({ scanOnPush: z.boolean() }).optional(),
        }),
        ({ repositoryName }) => {
          images.createRepository(repositoryName);
          const repositoryArn = arnOf(place, 'ecr', `repository/${repositoryName}`);
          return { repository: { registryId: place.account, repositoryName, repositoryArn } };
        },
      ),
    },
  );
}

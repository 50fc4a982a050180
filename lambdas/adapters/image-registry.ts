/** ECR: which digest a tag has, and the repositories of components that are built. */
import {
  CreateRepositoryCommand,
  DescribeImagesCommand,
  ECRClient,
  ImageNotFoundException,
  RepositoryAlreadyExistsException,
  RepositoryNotFoundException,
} from '@aws-sdk/client-ecr';
import type { ImageRegistry } from '../ports.ts';

/**
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeImages.html
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html
 */
export function imageRegistry(client = new ECRClient({})): ImageRegistry {
  return {
    async digestOf(repositoryName, imageTag) {
      try {
        const command = new DescribeImagesCommand({ repositoryName, imageIds: [{ imageTag }] });
        const { imageDetails: [image] = [] } = await client.send(command);
        return image?.imageDigest;
      } catch (error) {
        if (error instanceof ImageNotFoundException || error instanceof RepositoryNotFoundException)
          return undefined;
        throw error;
      }
    },

    async ensureRepository(repositoryName) {
      try {
        await client.send(
          new CreateRepositoryCommand({
            repositoryName,
            imageTagMutability: 'IMMUTABLE',
            imageScanningConfiguration: { scanOnPush: true },
          }),
        );
      } catch (error) {
        if (!(error instanceof RepositoryAlreadyExistsException)) throw error;
      }
    },
  };
}

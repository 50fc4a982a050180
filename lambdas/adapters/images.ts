/** Asks ECR whether an image of a tag is there. */
import { DescribeImagesCommand, ECRClient, ImageNotFoundException } from '@aws-sdk/client-ecr';
import { passing } from './builds.ts';

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeImages.html */
export function imageLookup(client = new ECRClient({})) {
  return async (repositoryName: string, imageTag: string): Promise<boolean> => {
    try {
      const command = new DescribeImagesCommand({ repositoryName, imageIds: [{ imageTag }] });
      const { imageDetails = [] } = await passing(client.send(command));
      return imageDetails.length > 0;
    } catch (error) {
      if (error instanceof ImageNotFoundException) return false;
      throw error;
    }
  };
}

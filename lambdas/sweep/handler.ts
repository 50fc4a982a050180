/** The `sweep` function as it is deployed. */
export const handler = async () => {
  throw new Error('sweep is being written');
};

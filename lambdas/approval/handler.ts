/** The `approval` function as it is deployed. */
export const handler = async () => {
  throw new Error('approval is being written');
};

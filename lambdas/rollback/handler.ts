/** The `rollback` function as it is deployed. */
export const handler = async () => {
  throw new Error('rollback is being written');
};

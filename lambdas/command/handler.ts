/** The `command` function as it is deployed. */
export const handler = async () => {
  throw new Error('command is being written');
};

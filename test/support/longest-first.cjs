/** The order of the suites, named in `jest.config.json`: the end-to-end suites begin, so that no worker is left alone with one at the end. */
const { sep } = require('node:path');

const isEndToEnd = ({ path }) => path.includes(`${sep}e2e${sep}`);

module.exports = class LongestFirst {
  sort(suites) {
    return [...suites].sort((one, other) => Number(isEndToEnd(other)) - Number(isEndToEnd(one)));
  }

  /** Durations are not kept. */
  cacheResults() {}
};

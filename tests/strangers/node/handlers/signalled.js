process.removeAllListeners('SIGTERM');
process.on('SIGTERM', () => {
  console.log('sigterm hook ran');
  process.exit(0);
});
exports.handler = async (event) => event;

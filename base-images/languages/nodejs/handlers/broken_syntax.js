exports.handler = (event) => {
  return (
};

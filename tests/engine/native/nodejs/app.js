// An addon of a layer, which is linked with a library of the layer.
const told = require("native");

exports.handler = async () => [told()];

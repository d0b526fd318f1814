exports.handler = async () => "dotted";

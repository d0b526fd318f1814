exports.handler = async () => "dashed";

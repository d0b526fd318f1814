exports.name = { handler: async () => "nested" };

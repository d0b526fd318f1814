// A program with a client of its own, as executable assemblies have AWS's: a stand-in that asks, answers, asks again.
using System;
using System.Net.Http;
using System.Threading.Tasks;

public static class Program
{
    public static async Task Main(string[] arguments)
    {
        string api = "http://" + Environment.GetEnvironmentVariable("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/invocation/";
        using (var client = new HttpClient())
        {
            while (true)
            {
                HttpResponseMessage next = await client.GetAsync(api + "next");
                string id = string.Join("", next.Headers.GetValues("Lambda-Runtime-Aws-Request-Id"));
                string text = await next.Content.ReadAsStringAsync();
                object setting = AppContext.GetData("Field.Setting");
                string handler = Environment.GetEnvironmentVariable("_HANDLER");
                var answer = new StringContent("[" + text + ",\"" + handler + "\",\"" + setting + "\"," + arguments.Length + "]");
                await client.PostAsync(api + id + "/response", answer);
            }
        }
    }
}

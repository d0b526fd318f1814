// A function whose assembly names the serializer, and whose parts lie in an assembly beside it.
[assembly: Amazon.Lambda.Core.LambdaSerializer(typeof(Shop.Shouting))]

public class Whole
{
    public string Handle(string text) => text;

    public System.IO.Stream Raw(System.IO.Stream input) => input;
}

/// <summary>A function of a type that lies in an assembly which was not published.</summary>
public class Orphan : Missing
{
    public string Handle(string text) => text;
}

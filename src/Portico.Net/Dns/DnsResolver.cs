using System.Net;
using System.Net.Sockets;

namespace Portico.Net.Dns;

/// <summary>Which addresses a lookup answers.</summary>
public enum AddressPreference
{
    /// <summary>IPv4; IPv6 only when there is no IPv4.</summary>
    IPv4First,

    /// <summary>IPv4, then IPv6.</summary>
    Both,
}

public sealed record DnsResolverOptions
{
    public string ResolvConfPath { get; init; } = "/etc/resolv.conf";

    public string HostsPath { get; init; } = "/etc/hosts";

    public AddressPreference Addresses { get; init; } = AddressPreference.IPv4First;

    /// <summary>The port of the servers.</summary>
    public int Port { get; init; } = 53;

    /// <summary>Per server and try, in place of what resolv.conf says.</summary>
    public TimeSpan? Timeout { get; init; }
}

/// <summary>
/// Names to addresses by <c>/etc/hosts</c> and the servers of <c>/etc/resolv.conf</c>, both read again when they change. Control plane:
/// ordinary asynchronous sockets, never on a shard's thread. Keeps no cache; answers carry their time to live. From any thread.
/// </summary>
public sealed class DnsResolver
{
    private const int MaxAliases = 16;

    private static readonly TimeSpan MinTimeToLive = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MaxTimeToLive = TimeSpan.FromHours(1);
    private static readonly TimeSpan HostsTimeToLive = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan DefaultNegativeTimeToLive = TimeSpan.FromSeconds(5);

    private readonly DnsResolverOptions _options;
    private readonly WatchedFile<ResolverConfiguration> _configuration;
    private readonly WatchedFile<HostsFile> _hosts;
    private int _rotation;
    private volatile bool _withoutIPv6;

    public DnsResolver(DnsResolverOptions? options = null)
    {
        _options = options ?? new DnsResolverOptions();
        _configuration = new WatchedFile<ResolverConfiguration>(_options.ResolvConfPath, ResolverConfiguration.Parse);
        _hosts = new WatchedFile<HostsFile>(_options.HostsPath, HostsFile.Parse);
    }

    /// <summary>Answers IPv4 addresses alone, and asks for no others.</summary>
    public bool WithoutIPv6
    {
        get => _withoutIPv6;
        set => _withoutIPv6 = value;
    }

    /// <summary>Never throws but for cancellation: every failure is an answer.</summary>
    public async Task<DnsAnswer> ResolveAsync(string name, CancellationToken cancellation = default)
    {
        if (IPAddress.TryParse(name, out var literal))
        {
            return new DnsAnswer { Status = DnsStatus.AddressLiteral, Addresses = [literal], TimeToLive = MaxTimeToLive, Error = $"{name} is an address, not a name" };
        }

        if (!DnsName.TryParse(name, out var asItIs))
        {
            return Refusal(DnsStatus.InvalidName, name, MaxTimeToLive, "is not a DNS name");
        }

        if (Select(_hosts.Read().Find(asItIs)) is { Count: > 0 } known)
        {
            return new DnsAnswer { Status = DnsStatus.Success, Addresses = known, TimeToLive = HostsTimeToLive };
        }

        var configuration = _configuration.Read();
        DnsAnswer? refusal = null;
        foreach (var candidate in configuration.Candidates(name))
        {
            var answer = await ResolveCandidateAsync(candidate, configuration, cancellation).ConfigureAwait(false);
            if (answer.Status is DnsStatus.Success or DnsStatus.Timeout)
            {
                return answer;
            }

            refusal = MoreTelling(refusal, answer);
        }

        return refusal ?? Refusal(DnsStatus.InvalidName, name, MaxTimeToLive, "is not a DNS name");
    }

    // A server that could not tell is more than one that knows of nothing, and an existing name more than none.
    private static DnsAnswer MoreTelling(DnsAnswer? left, DnsAnswer right)
    {
        return left is null || Weight(right) > Weight(left) ? right : left;

        static int Weight(DnsAnswer answer) => answer.Status switch
        {
            DnsStatus.ServerFailure => 2,
            DnsStatus.NoAddress => 1,
            _ => 0,
        };
    }

    private async Task<DnsAnswer> ResolveCandidateAsync(DnsName name, ResolverConfiguration configuration, CancellationToken cancellation)
    {
        var four = await QueryAsync(name, DnsRecordType.A, configuration, cancellation).ConfigureAwait(false);
        var asksForSix = four.Status == DnsStatus.NoAddress
            || (four.Status == DnsStatus.Success && _options.Addresses == AddressPreference.Both);
        if (!asksForSix || _withoutIPv6)
        {
            // Also when the lookup failed: a name shall not move to its IPv6 addresses because a server stumbled.
            return four;
        }

        var six = await QueryAsync(name, DnsRecordType.Aaaa, configuration, cancellation).ConfigureAwait(false);
        if (four.Status != DnsStatus.Success)
        {
            return six;
        }

        return six.Status != DnsStatus.Success ? four : four with
        {
            Addresses = [.. four.Addresses, .. six.Addresses],
            TimeToLive = four.TimeToLive < six.TimeToLive ? four.TimeToLive : six.TimeToLive,
        };
    }

    private async Task<DnsAnswer> QueryAsync(DnsName name, DnsRecordType type, ResolverConfiguration configuration, CancellationToken cancellation)
    {
        var servers = configuration.NameServers;
        var first = configuration.Rotate ? (int)((uint)Interlocked.Increment(ref _rotation) % (uint)servers.Length) : 0;
        var timedOut = false;
        for (var i = 0; i < configuration.Attempts * servers.Length; i++)
        {
            var server = new IPEndPoint(servers[(first + i) % servers.Length], _options.Port);
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            limit.CancelAfter(_options.Timeout ?? configuration.Timeout);
            try
            {
                var message = await DnsTransport.AskAsync(server, name, type, limit.Token).ConfigureAwait(false);
                if (message is { Code: DnsResponseCode.NoError or DnsResponseCode.NameError })
                {
                    return Interpret(message, name);
                }
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                timedOut = true;
            }
        }

        return timedOut
            ? Refusal(DnsStatus.Timeout, name.ToString(), MinTimeToLive, "no name server answered in time")
            : Refusal(DnsStatus.ServerFailure, name.ToString(), MinTimeToLive, "no name server gave a usable answer");
    }

    /// <summary>Follows the aliases within the answer to the addresses at their end.</summary>
    private static DnsAnswer Interpret(DnsMessage message, DnsName name)
    {
        var owner = name;
        var timeToLive = MaxTimeToLive;
        for (var i = 0; i <= MaxAliases; i++)
        {
            var addresses = message.Answers.Where(record => record.Owner == owner && record.Type == message.Type).ToList();
            if (addresses.Count > 0)
            {
                return new DnsAnswer
                {
                    Status = DnsStatus.Success,
                    Addresses = [.. addresses.Select(record => record.Address!).Distinct()],
                    TimeToLive = Clamp(addresses.Min(record => record.TimeToLive), timeToLive),
                };
            }

            var alias = message.Answers.FirstOrDefault(record => record.Owner == owner && record.Type == DnsRecordType.Cname);
            if (alias.Target == default)
            {
                break;
            }

            owner = alias.Target;
            timeToLive = alias.TimeToLive < timeToLive ? alias.TimeToLive : timeToLive;
        }

        var negative = Clamp(message.NegativeTimeToLive ?? DefaultNegativeTimeToLive, timeToLive);
        return message.Code == DnsResponseCode.NameError
            ? Refusal(DnsStatus.NoSuchName, name.ToString(), negative, "no such name")
            : Refusal(DnsStatus.NoAddress, name.ToString(), negative, "the name has no address");
    }

    private List<IPAddress> Select(IReadOnlyList<IPAddress> addresses)
    {
        var four = addresses.Where(address => address.AddressFamily == AddressFamily.InterNetwork).ToList();
        return _withoutIPv6 || (four.Count > 0 && _options.Addresses == AddressPreference.IPv4First)
            ? four
            : [.. four, .. addresses.Where(address => address.AddressFamily == AddressFamily.InterNetworkV6)];
    }

    private static TimeSpan Clamp(TimeSpan value, TimeSpan limit)
    {
        var shorter = value < limit ? value : limit;
        return shorter < MinTimeToLive ? MinTimeToLive : shorter;
    }

    private static DnsAnswer Refusal(DnsStatus status, string name, TimeSpan timeToLive, string reason) =>
        new() { Status = status, TimeToLive = timeToLive, Error = $"{name}: {reason}" };
}

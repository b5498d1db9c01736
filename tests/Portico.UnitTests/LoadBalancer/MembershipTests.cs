using Portico.LoadBalancer.Liveness;
using Xunit;

namespace Portico.UnitTests.LoadBalancer;

/// <summary>Speakers over a network and a clock of the test's.</summary>
public class MembershipTests
{
    private static readonly long Interval = (long)Membership.Interval.TotalMilliseconds;
    private static readonly long Limit = (long)Membership.SilenceLimit.TotalMilliseconds;

    private readonly Dictionary<string, Membership> _speakers = [];
    private readonly HashSet<(string, string)> _cut = [];
    private readonly List<Heartbeat> _recorded = [];
    private long _now = 1_000_000;
    private ulong _nonces;

    [Fact]
    public void Speakers_know_each_other_within_one_turn()
    {
        Start("n1", "n2", "n3");
        Turn();
        Turn();
        Assert.All(_speakers.Values, s => Assert.Equal(["n1", "n2", "n3"], s.Alive!.Order()));
    }

    [Fact]
    public void Who_begins_says_nothing_about_others_until_it_could_have_heard_them()
    {
        var speaker = new Membership("n1", 1);
        speaker.SetPeers(new HashSet<string> { "n1", "n2" }, _now);
        Assert.Null(speaker.Alive);

        speaker.Pass(_now + Limit - 1);
        Assert.Null(speaker.Alive);
        speaker.Pass(_now + Limit);
        Assert.Equal(["n1"], speaker.Alive!);
    }

    [Fact]
    public void Who_is_alone_in_its_cluster_begins_at_once()
    {
        Start("n1");
        Assert.Equal(["n1"], _speakers["n1"].Alive!);
    }

    [Fact]
    public void A_node_that_falls_silent_is_gone_within_less_than_two_seconds_and_not_for_a_few_lost_words()
    {
        Start("n1", "n2");
        Turn();
        Turn();
        Cut("n1", "n2");
        var began = _now;
        while (_speakers["n2"].Alive!.Contains("n1"))
        {
            Turn();
        }

        Assert.InRange(_now - began, 4 * Interval, 1_750);

        _cut.Clear();
        Turn();
        Assert.Contains("n1", _speakers["n2"].Alive!);
    }

    [Fact]
    public void A_last_word_counts_at_once_and_nothing_older_undoes_it()
    {
        Start("n1", "n2");
        Turn();
        Turn();
        var earlier = _speakers["n1"].WordTo("n2");
        Assert.True(_speakers["n2"].Hear(_speakers["n1"].WordTo("n2", leaves: true), _now).AliveChanged);
        Assert.Equal(["n2"], _speakers["n2"].Alive!);

        _speakers["n2"].Hear(earlier, _now);
        Assert.Equal(["n2"], _speakers["n2"].Alive!);
    }

    [Fact]
    public void A_process_that_begins_anew_is_known_again_within_one_turn()
    {
        Start("n1", "n2");
        Turn();
        Turn();
        Restart("n1");
        Turn();
        Turn();
        Assert.All(_speakers.Values, s => Assert.Equal(["n1", "n2"], s.Alive!.Order()));
    }

    [Fact]
    public void Recordings_bring_nobody_back()
    {
        Start("n1", "n2");
        Turn();
        Turn();
        Restart("n1");
        Turn();
        Turn();
        Cut("n1", "n2");
        for (var passed = 0L; passed <= Limit; passed += Interval)
        {
            Turn();
        }

        Assert.Equal(["n2"], _speakers["n2"].Alive!);
        foreach (var word in _recorded)
        {
            _speakers["n2"].Hear(word, _now);
        }

        Assert.Equal(["n2"], _speakers["n2"].Alive!);

        // Nor do they keep the living one away.
        _cut.Clear();
        Turn();
        Turn();
        Assert.Contains("n1", _speakers["n2"].Alive!);
    }

    [Fact]
    public void Recordings_do_not_hide_one_that_lives()
    {
        Start("n1", "n2");
        Turn();
        Restart("n1");
        Turn();
        Turn();
        for (var i = 0; i < 20; i++)
        {
            foreach (var word in _recorded.ToList())
            {
                _speakers["n2"].Hear(word, _now);
            }

            Turn();
            Assert.Contains("n1", _speakers["n2"].Alive!);
        }
    }

    [Fact]
    public void Strangers_are_not_heard_and_a_node_that_leaves_the_cluster_is_forgotten()
    {
        Start("n1", "n2");
        Turn();
        Turn();
        Assert.Equal(default, _speakers["n1"].Hear(new Heartbeat("n9", 7, 1, 1, false), _now));

        Assert.True(_speakers["n1"].SetPeers(new HashSet<string> { "n1" }, _now));
        Assert.Equal(["n1"], _speakers["n1"].Alive!);
    }

    private void Start(params string[] nodes)
    {
        foreach (var node in nodes)
        {
            _speakers[node] = new Membership(node, ++_nonces);
        }

        foreach (var speaker in _speakers.Values)
        {
            speaker.SetPeers(_speakers.Keys.ToHashSet(), _now);
        }
    }

    private void Restart(string node)
    {
        _speakers[node] = new Membership(node, ++_nonces);
        _speakers[node].SetPeers(_speakers.Keys.ToHashSet(), _now);
    }

    private void Cut(string one, string other) => _cut.UnionWith([(one, other), (other, one)]);

    private void Turn()
    {
        foreach (var from in _speakers.Keys)
        {
            foreach (var to in _speakers.Keys.Where(n => n != from))
            {
                Deliver(from, to);
            }
        }

        Pass(Interval);
    }

    private void Deliver(string from, string to)
    {
        var word = _speakers[from].WordTo(to);
        if (_cut.Contains((from, to)))
        {
            return;
        }

        _recorded.Add(word);
        if (_speakers[to].Hear(word, _now).AnswerAtOnce)
        {
            Deliver(to, from);
        }
    }

    private void Pass(long milliseconds)
    {
        _now += milliseconds;
        foreach (var speaker in _speakers.Values)
        {
            speaker.Pass(_now);
        }
    }
}

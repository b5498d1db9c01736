using System.Text;

namespace Portico.Proxy.Routing.Patterns;

/// <summary>Everything that starts with an opening parenthesis.</summary>
internal sealed partial class PatternParser
{
    /// <summary>Reads what follows an opening parenthesis.</summary>
    private PatternNode ReadGroup()
    {
        if (++_depth > MaxDepth)
        {
            return Fail($"more than {MaxDepth} nested groups");
        }

        var flags = _flags;
        var node = TryTake('*') ? Fail("a verb (*…) is not supported")
            : TryTake('?') ? ReadSpecialGroup()
            : ReadCapture(name: null);
        if (node is not null)
        {
            _flags = flags;
        }

        _depth--;
        return node ?? PatternNode.Empty;
    }

    /// <summary>Reads what follows <c>(?</c>. Null for inline flags, which stay in force until the enclosing group ends.</summary>
    private PatternNode? ReadSpecialGroup()
    {
        if (TryTake("P<"u8) || (!LooksBehind() && TryTake('<')))
        {
            return ReadNamedCapture('>');
        }

        if (TryTake('\''))
        {
            return ReadNamedCapture('\'');
        }

        return AtEnd ? Fail("an unfinished group") : (char)_text[_at] switch
        {
            ':' => ReadUncaptured(skip: 1),
            '=' or '!' or '<' => Fail("look-around is not supported"),
            '>' => Fail("an atomic group is not supported"),
            '|' => Fail("a branch reset group is not supported"),
            '(' => Fail("a conditional group is not supported"),
            'P' or 'R' or '&' or '+' or (>= '0' and <= '9') => Fail("a back-reference or recursion is not supported"),
            _ => ReadFlags(),
        };
    }

    private bool LooksBehind() => _text.AsSpan(_at).StartsWith("<="u8) || _text.AsSpan(_at).StartsWith("<!"u8);

    private PatternNode ReadNamedCapture(char close)
    {
        var start = _at;
        while (!AtEnd && ByteSet.Word.Contains(_text[_at]))
        {
            _at++;
        }

        var name = Encoding.ASCII.GetString(_text, start, _at - start);
        if (name.Length == 0 || char.IsAsciiDigit(name[0]) || !TryTake(close))
        {
            return Fail("a bad group name");
        }

        return _groupNames.Contains(name) ? Fail($"two groups named '{name}'") : ReadCapture(name);
    }

    private PatternNode ReadCapture(string? name)
    {
        var number = _groupNames.Count;
        if (number > MaxGroups)
        {
            return Fail($"more than {MaxGroups} capturing groups");
        }

        _groupNames.Add(name);
        return new PatternNode.Group(ReadUncaptured(skip: 0), number);
    }

    private PatternNode ReadUncaptured(int skip)
    {
        _at += skip;
        var inner = ReadAlternation();
        // A reference of its own tells an empty group, which may be repeated, from inline flags.
        return TryTake(')') ? new PatternNode.Sequence([inner]) : Fail("a group without end");
    }

    /// <summary>Reads <c>(?i-s)</c> and <c>(?i-s:…)</c>.</summary>
    private PatternNode? ReadFlags()
    {
        var flags = _flags;
        var on = true;
        for (; !AtEnd; _at++)
        {
            var flag = (char)_text[_at] switch
            {
                'i' => Flags.IgnoreCase,
                's' => Flags.DotAll,
                'm' => Flags.MultiLine,
                'x' => Flags.Extended,
                _ => Flags.None,
            };
            if (flag != Flags.None)
            {
                flags = on ? flags | flag : flags & ~flag;
            }
            else if (_text[_at] == '-' && on)
            {
                on = false;
            }
            else
            {
                break;
            }
        }

        if (AtEnd || _text[_at] is not ((byte)':' or (byte)')'))
        {
            return Fail("an unknown kind of group");
        }

        _flags = flags;
        if (TryTake(')'))
        {
            return null;
        }

        return ReadUncaptured(skip: 1);
    }
}

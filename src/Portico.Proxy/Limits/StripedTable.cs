using System.Runtime.CompilerServices;

namespace Portico.Proxy.Limits;

/// <summary>
/// A table of fixed size from 128-bit keys to two numbers, shared by all shards: sets of 16 slots, each set with a lock of its own that is
/// held for some dozens of instructions. A full set gives up the slot that was not used for longest, as nginx's zones do. Sets are made
/// when they are first needed; after that nothing is allocated. Thread-safe.
/// </summary>
/// <param name="keepsHeld">Slots whose <see cref="Slot.Value"/> is not zero are never given up; a set full of them has no room.</param>
internal sealed class StripedTable(int sets, bool keepsHeld = false)
{
    private const int Ways = 16;

    // Another order of sets in each table: clients must not be able to aim at one set.
    private readonly ulong _seed = (ulong)Random.Shared.NextInt64() | 1;
    private readonly Set?[] _sets = new Set?[sets];

    /// <summary>
    /// The slot of a key, made empty when the key is new; null reference when there is no room. The set stays locked until
    /// <see cref="Leave"/>, which must follow at once and always.
    /// </summary>
    public ref Slot Enter(UInt128 key, long now, out Set set)
    {
        set = SetOf(key);
        set.Lock();
        ref var victim = ref Unsafe.NullRef<Slot>();
        foreach (ref var slot in set.Slots.AsSpan())
        {
            if (slot.Used != 0 && slot.Key == key)
            {
                slot.Used = now;
                return ref slot;
            }

            if ((slot.Value == 0 || !keepsHeld) && (Unsafe.IsNullRef(ref victim) || slot.Used < victim.Used))
            {
                victim = ref slot;
            }
        }

        if (!Unsafe.IsNullRef(ref victim))
        {
            victim = new Slot { Key = key, Used = now, IsNew = true };
        }

        return ref victim;
    }

    /// <summary>The slot of a key that is there; null reference when it is not. Else as <see cref="Enter"/>.</summary>
    public ref Slot EnterKnown(UInt128 key, out Set set)
    {
        set = SetOf(key);
        set.Lock();
        foreach (ref var slot in set.Slots.AsSpan())
        {
            if (slot.Used != 0 && slot.Key == key)
            {
                return ref slot;
            }
        }

        return ref Unsafe.NullRef<Slot>();
    }

    public static void Leave(Set set) => set.Unlock();

    private Set SetOf(UInt128 key)
    {
        var hash = (((ulong)key ^ (ulong)(key >> 64)) + _seed) * 0x9E3779B97F4A7C15UL;
        hash ^= hash >> 32;
        hash *= _seed;
        ref var set = ref _sets[(int)((hash >> 32) % (uint)_sets.Length)];
        return Volatile.Read(ref set) ?? Interlocked.CompareExchange(ref set, new Set(), null) ?? set!;
    }

    internal struct Slot
    {
        public UInt128 Key;
        public long Value;
        public long Moment;

        /// <summary>When the key was last asked for; 0 for a slot that was never used.</summary>
        public long Used;

        /// <summary>Whether nothing has been noted for the key yet. Whoever notes something takes the mark away.</summary>
        public bool IsNew;
    }

    internal sealed class Set
    {
        private int _locked;

        public Slot[] Slots { get; } = new Slot[Ways];

        public void Lock()
        {
            if (Interlocked.Exchange(ref _locked, 1) == 0)
            {
                return;
            }

            var spin = new SpinWait();
            do
            {
                spin.SpinOnce(sleep1Threshold: -1);
            }
            while (Interlocked.Exchange(ref _locked, 1) != 0);
        }

        public void Unlock() => Volatile.Write(ref _locked, 0);
    }
}

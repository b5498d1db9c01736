using Portico.Net.Timers;

namespace Portico.Http.Http2;

internal sealed partial class Http2ClientConnection
{
    /// <summary>Silence after which a backend with open streams is asked whether it is still there.</summary>
    private const int SilenceMilliseconds = 20_000;

    /// <summary>Time for the answer to that.</summary>
    private const int AnswerMilliseconds = 10_000;

    private readonly KeepAlive _keepAlive;

    /// <summary>How long a connection without streams is kept.</summary>
    public TimeSpan IdleLimit { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// With open streams: asks (PING) after a silence, and gives the connection up when no byte follows. Without: closes after the idle
    /// limit. Looks now and then instead of being moved with each request.
    /// </summary>
    private sealed class KeepAlive(Http2ClientConnection connection) : Deadline
    {
        private long _quietSinceMilliseconds = connection.Connection.Shard.NowMilliseconds;
        private bool _asked;

        private long Now => connection.Connection.Shard.NowMilliseconds;

        private long IdleMilliseconds => (long)connection.IdleLimit.TotalMilliseconds;

        /// <summary>Something came, or the first stream was opened, or the last one ended: the quiet begins anew.</summary>
        public void Touch()
        {
            _quietSinceMilliseconds = Now;
            _asked = false;
            if (!IsSet)
            {
                SetDue(Math.Min(SilenceMilliseconds, IdleMilliseconds));
            }
        }

        public void Stop() => connection.Connection.Shard.Timers.Remove(this);

        protected override void OnDue()
        {
            var quiet = Now - _quietSinceMilliseconds;
            var limit = connection.OpenStreams == 0 ? IdleMilliseconds : SilenceMilliseconds;
            if (quiet < limit)
            {
                SetDue(Math.Min(limit - quiet, Math.Min(SilenceMilliseconds, IdleMilliseconds)));
            }
            else if (connection.OpenStreams == 0)
            {
                connection.CloseIdle();
            }
            else if (_asked)
            {
                connection.Connection.Abort();
                connection.End();
            }
            else
            {
                connection.SubmitPing((ulong)Now);
                connection.Flush();
                _asked = true;
                SetDue(AnswerMilliseconds);
            }
        }

        private void SetDue(long milliseconds) => connection.Connection.Shard.Timers.Set(this, Now + Math.Max(milliseconds, 1));
    }
}

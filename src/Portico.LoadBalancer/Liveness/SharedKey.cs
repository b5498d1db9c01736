using System.Text;
using Portico.Kubernetes;
using Portico.Kubernetes.Api;
using Portico.Kubernetes.Resources;

namespace Portico.LoadBalancer.Liveness;

/// <summary>
/// The key of the speakers while they run: a Secret that is followed, so that another key is everybody's within moments. One that is taken
/// away is put back by whoever still has it; otherwise a speaker that begins would make a new one, and nobody would hear it. On the
/// controller's task.
/// </summary>
/// <param name="key">What the Secret said at the start.</param>
internal sealed class SharedKey(ApiClient client, string ns, string key, Action<string> log)
{
    private string _key = key;
    private bool _wasThere;
    private bool _isEmpty;
    private Task _putting = Task.CompletedTask;

    public ObjectKey Secret => new(ResourceKind.Secret, ns, SpeakerKey.SecretName);

    /// <returns>A key that counts from now on; null for the same as before.</returns>
    public string? Changed(IResourceView cluster)
    {
        if (cluster.Find<Secret>(ns, SpeakerKey.SecretName) is not { } secret)
        {
            // Until the watch has told it once, it is not there for us.
            if (_wasThere && _putting.IsCompleted)
            {
                log($"the Secret {ns}/{SpeakerKey.SecretName} is gone; it is put back with the key that the speakers have");
                _putting = SpeakerKey.PutBackAsync(client, ns, _key, log);
                _wasThere = false;
            }

            return null;
        }

        _wasThere = true;
        var now = secret.Data.TryGetValue(SpeakerKey.Entry, out var bytes) ? Encoding.UTF8.GetString(bytes) : "";
        if (now == _key || (now.Length == 0 && _isEmpty))
        {
            return null;
        }

        _isEmpty = now.Length == 0;
        if (_isEmpty)
        {
            log($"the Secret {ns}/{SpeakerKey.SecretName} has no entry {SpeakerKey.Entry}; the last key stays in force");
            return null;
        }

        log($"the Secret {ns}/{SpeakerKey.SecretName} has another key, which is taken over");
        return _key = now;
    }
}

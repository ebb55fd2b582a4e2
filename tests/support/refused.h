#pragma once
// What every malformed file must do: end in an Error of ours with the right code and one sentence that names the file, soon, and without
// memory that its size does not justify.
#include <QElapsedTimer>
#include <QFile>

#include <unistd.h>

#include "core/tensor/peak_memory.h"
#include "tests/support/errors.h"

namespace phloxine {

// A hang ends the whole test: SIGALRM, whose default is to end the process.
class Watchdog {
public:
    explicit Watchdog(unsigned seconds = 20) { ::alarm(seconds); }
    ~Watchdog() { ::alarm(0); }
    Watchdog(const Watchdog&) = delete;
    Watchdog& operator=(const Watchdog&) = delete;
};

// The largest resident size since the last reset; Linux forgets the old one when 5 is written there.
inline void forgetPeakMemory() {
    QFile file("/proc/self/clear_refs");
    if (file.open(QIODevice::WriteOnly | QIODevice::Unbuffered)) file.write("5");
}

// "" when `call` is refused as it should be; else what is wrong. `codes`: one or several words, "corrupt|shape". `name`: must be said.
template <typename Call>
QByteArray refusalProblem(Call call, const QByteArray& codes, const QByteArray& name = {}) {
    constexpr std::uint64_t mostMemory = 64u << 20;
    const Watchdog watchdog;
    forgetPeakMemory();
    const auto before = residentMemoryBytes();
    QElapsedTimer clock;
    clock.start();
    std::string said;
    const auto code = errorOf(call, &said);
    const auto milliseconds = clock.elapsed();
    const auto peak = peakMemoryBytes();
    const QByteArray message(said.data(), qsizetype(said.size()));
    if (qEnvironmentVariableIsSet("PHLOXINE_SHOW_MESSAGES")) qInfo("%s: %s", code.constData(), message.constData());
    if (code.isEmpty()) return "was accepted";
    if (!codes.split('|').contains(code)) return "refused as \"" + code + "\": " + message;
    for (const char c : message)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
            return "has control characters in its message: " + message.toPercentEncoding();
    if (!QString::fromUtf8(message).toUtf8().startsWith(message)) return "has a message that is not UTF-8: " + message.toPercentEncoding();
    if (message.size() > 700) return "has a message of " + QByteArray::number(message.size()) + " bytes";
    if (!message.endsWith('.')) return "has no sentence as message: " + message;
    if (!name.isEmpty() && !message.contains(name)) return "does not name " + name + ": " + message;
    if (milliseconds >= 2000) return "took " + QByteArray::number(milliseconds) + " ms";
    if (peak > before + mostMemory) return "took " + QByteArray::number(qulonglong((peak - before) >> 20)) + " MiB: " + message;
    return {};
}

} // namespace phloxine

#pragma once
// What a call throws, for failure tests: QCOMPARE(errorOf([&] { readImage(path); }), "not-found").
#include <string>

#include <unistd.h>

#include <QByteArray>

#include "core/base/Error.h"

namespace phloxine {

// The code's word, "cancelled", "foreign: ..." for anything that is not ours, or "" when nothing is thrown. `message` gets the sentence.
template <typename Call>
QByteArray errorOf(Call call, std::string* message = nullptr) {
    try {
        call();
    } catch (const Error& e) {
        if (message) *message = e.what();
        const std::string_view word = toString(e.code());
        return {word.data(), qsizetype(word.size())};
    } catch (const Cancelled&) { return "cancelled"; } catch (const std::exception& e) {
        return QByteArray("foreign: ") + e.what();
    }
    return "";
}

// Root may write everywhere, so tests of read-only folders act as nobody for a moment. Nothing happens for other users.
class AsNobody {
public:
    AsNobody() : m_wasRoot(::geteuid() == 0 && ::seteuid(65534) == 0) {}
    ~AsNobody() {
        if (m_wasRoot && ::seteuid(0) != 0) ::_exit(3);
    }

private:
    bool m_wasRoot;
};

} // namespace phloxine

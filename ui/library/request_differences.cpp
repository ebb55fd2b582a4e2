#include "ui/library/request_differences.h"

#include <set>

#include <QCoreApplication>

#include <nlohmann/json.hpp>

namespace phloxine::ui {

namespace {

struct RequestWords {
    Q_DECLARE_TR_FUNCTIONS(phloxine::ui::LibraryPage)
};

struct FieldWord {
    const char *key, *word;
};
constexpr FieldWord fieldWords[] = {{"model", QT_TRANSLATE_NOOP("phloxine::ui::LibraryPage", "Model")},
                                    {"class", QT_TRANSLATE_NOOP("phloxine::ui::LibraryPage", "Class")},
                                    {"prompt", QT_TRANSLATE_NOOP("phloxine::ui::LibraryPage", "Prompt")},
                                    {"negative", QT_TRANSLATE_NOOP("phloxine::ui::LibraryPage", "Leads away from")},
                                    {"seed", QT_TRANSLATE_NOOP("phloxine::ui::LibraryPage", "Seed")},
                                    {"sampler", QT_TRANSLATE_NOOP("phloxine::ui::LibraryPage", "Sampler")},
                                    {"steps", QT_TRANSLATE_NOOP("phloxine::ui::LibraryPage", "Steps")},
                                    {"guidance", QT_TRANSLATE_NOOP("phloxine::ui::LibraryPage", "Guidance")},
                                    {"precision", QT_TRANSLATE_NOOP("phloxine::ui::LibraryPage", "Precision")},
                                    {"device", QT_TRANSLATE_NOOP("phloxine::ui::LibraryPage", "Device")},
                                    {"build", QT_TRANSLATE_NOOP("phloxine::ui::LibraryPage", "Build")}};

QString wordOf(const std::string& key) {
    for (const auto& row : fieldWords)
        if (key == row.key) return RequestWords::tr(row.word);
    return QString::fromStdString(key); // a rare field goes by its name in the file
}

QString valueOf(const Json& object, const std::string& key) {
    const auto found = object.find(key);
    if (found == object.end() || found->is_null()) return QStringLiteral("\u2013");
    return QString::fromStdString(found->is_string() ? found->get<std::string>() : found->dump());
}

} // namespace

std::vector<RequestDifference> differences(const GenerateRequest& left, const GenerateRequest& right) {
    const Json a = toJson(left), b = toJson(right);
    std::vector<RequestDifference> rows;
    std::set<std::string> done;
    const auto compare = [&](const std::string& key) {
        if (!done.insert(key).second || (!a.contains(key) && !b.contains(key))) return;
        const QString x = valueOf(a, key), y = valueOf(b, key);
        if (x != y) rows.push_back({wordOf(key), x, y});
    };
    for (const auto& row : fieldWords) compare(row.key); // those that matter most first
    for (const Json* object : {&a, &b})
        for (const auto& [key, value] : object->items()) compare(key);
    return rows;
}

} // namespace phloxine::ui

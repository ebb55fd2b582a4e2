#include "ui/train/recipes.h"

#include <algorithm>

#include <QRegularExpression>
#include <nlohmann/json.hpp>

#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/model/ModelStore.h"

namespace phloxine::ui {

namespace {
const char* const palette[] = {"#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2"}; // Okabe-Ito without the hues of the stain

// Two letters that no class before has: the initials of two words, else the first letter and another one.
QString codeOf(const QString& label, const std::vector<ShownClass>& before) {
    static const QRegularExpression gap(QStringLiteral("[^\\p{L}\\p{N}]+"));
    const QStringList words = label.toUpper().split(gap, Qt::SkipEmptyParts);
    const QString letters = words.join(QString());
    if (letters.size() < 2) return letters;
    QStringList wanted;
    if (words.size() > 1) wanted.append(QString(words[0][0]) + words[1][0]);
    for (qsizetype i = 1; i < letters.size(); ++i) wanted.append(QString(letters[0]) + letters[i]);
    for (int digit = 1; digit <= 9; ++digit) wanted.append(letters[0] + QString::number(digit));
    const auto free = [&](const QString& code) {
        return std::none_of(before.begin(), before.end(), [&](const ShownClass& c) { return c.code == code; });
    };
    const auto found = std::find_if(wanted.begin(), wanted.end(), free);
    return found == wanted.end() ? wanted.first() : *found;
}

Recipe recipeFromJson(const Json& json, const std::string& what) {
    if (json.is_object() && json.value("kind", Json("diffusion")) == "autoencoder") return autoencoderRecipeFromJson(json, what);
    return trainRecipeFromJson(json, what);
}
} // namespace

MainSettings mainSettings(const Recipe& recipe) {
    return std::visit(
        [](const auto& r) {
            MainSettings s{r.batch, 0, r.precision, r.steps};
            if constexpr (requires { r.optimiser; }) s.rate = r.optimiser.rate;
            else s.rate = r.rate;
            return s;
        },
        recipe);
}

void setMainSettings(Recipe& recipe, const MainSettings& settings) {
    std::visit(
        [&](auto& r) {
            r.batch = settings.batch, r.precision = settings.precision, r.steps = settings.steps;
            if constexpr (requires { r.optimiser; }) r.optimiser.rate = settings.rate;
            else r.rate = settings.rate;
        },
        recipe);
}

RecipeData& dataOf(Recipe& recipe) {
    return std::visit([](auto& r) -> RecipeData& { return r.data; }, recipe);
}
const RecipeData& dataOf(const Recipe& recipe) {
    return std::visit([](const auto& r) -> const RecipeData& { return r.data; }, recipe);
}
const TrainRecipe* diffusionOf(const Recipe& recipe) { return std::get_if<TrainRecipe>(&recipe); }

QString titleOf(const Recipe& recipe) {
    std::string title = std::visit([](const auto& r) { return r.title; }, recipe);
    if (const auto* r = diffusionOf(recipe); r && !r->model.title.empty()) title = r->model.title;
    return QString::fromStdString(title);
}

QString idOf(const Recipe& recipe) {
    const auto* r = diffusionOf(recipe);
    QString id = QString::fromStdString(r ? r->model.id : std::get<AutoencoderRecipe>(recipe).id).toLower();
    id.replace(QRegularExpression(QStringLiteral("[^a-z0-9_-]+")), QStringLiteral("-"));
    return id.isEmpty() || id.startsWith(QLatin1Char('-')) ? QStringLiteral("training") : id.left(40);
}

QString textOf(const Recipe& recipe) {
    return QString::fromStdString(std::visit([](const auto& r) { return toJson(r); }, recipe).dump(1));
}

Recipe recipeFromText(const std::string& text, const std::string& what) { return recipeFromJson(parseJson(text, what), what); }

Recipe readRecipe(const std::filesystem::path& file) {
    const auto json = readJsonFile(file);
    if (json.is_object() && json.value("kind", Json("diffusion")) == "autoencoder") return readAutoencoderRecipe(file);
    return readTrainRecipe(file);
}

std::vector<ListedRecipe> listRecipes() {
    std::vector<std::filesystem::path> files;
    std::error_code none;
    for (const auto& entry : std::filesystem::directory_iterator(resourcesFolder() / "recipes", none))
        if (entry.path().extension() == ".json") files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    std::vector<ListedRecipe> listed;
    for (const auto& file : files) {
        ListedRecipe one{QString::fromStdString(file.stem().string()), QString::fromStdString(file.string()), {}, {}};
        try {
            one.recipe = readRecipe(file);
            const auto title = std::visit([](const auto& r) { return r.title; }, one.recipe);
            if (!title.empty()) one.title = QString::fromStdString(title);
        } catch (const Error& e) { one.problem = QString::fromUtf8(e.what()); }
        listed.push_back(std::move(one));
    }
    return listed;
}

std::vector<ShownClass> shownClasses(const std::vector<RecipeClass>& classes) {
    std::vector<ShownClass> shown;
    for (const auto& c : classes) {
        ShownClass one{QString::fromStdString(c.id), QString::fromStdString(c.label), QString::fromStdString(c.code),
                       QString::fromStdString(c.colour)};
        if (one.label.isEmpty()) one.label = one.id;
        if (one.code.isEmpty()) one.code = codeOf(one.label, shown);
        const std::size_t place = shown.size();
        if (one.colour.isEmpty() || one.colour == QLatin1String("#888888")) // grey beyond the palette
            one.colour = place < std::size(palette) ? QString::fromLatin1(palette[place]) : QStringLiteral("#888888");
        shown.push_back(std::move(one));
    }
    return shown;
}

} // namespace phloxine::ui
